use std::{
    env, fs, io,
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tonic::{
    Request, Status,
    metadata::AsciiMetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};

const MAX_AGE: Duration = Duration::from_secs(60);

/// Give a clone of it to each stub: `RateLimitServiceClient::new(channel.clone())`.
pub type EphemeralChannel = InterceptedService<Channel, Bearer>;

/// Connects, in the background, as the variables `EPHEMERAL_CLIENT_*` state: see docs/guides/clients.md. Calls are
/// distributed over all targets; a name with several addresses is one target here, connected to one of them.
pub fn from_environment() -> Result<EphemeralChannel, Box<dyn std::error::Error>> {
    let targets = env::var("EPHEMERAL_CLIENT_TARGET").map_err(|_| "EPHEMERAL_CLIENT_TARGET: not set")?;
    let plaintext = env::var("EPHEMERAL_CLIENT_PLAINTEXT").is_ok_and(|value| value == "true");
    let token = path("EPHEMERAL_CLIENT_TOKEN_FILE");
    let targets: Vec<&str> = targets.split(',').map(str::trim).collect();
    if plaintext && token.is_some() && !targets.iter().all(|target| is_loopback(target)) {
        return Err("EPHEMERAL_CLIENT_TOKEN_FILE: a token in clear text leaves this machine; use TLS".into());
    }
    let tls = if plaintext { None } else { Some(tls()?) };
    let endpoints = targets.into_iter().map(|target| endpoint(target, tls.clone())).collect::<Result<Vec<_>, _>>()?;
    let channel = match endpoints.as_slice() {
        [one] => one.connect_lazy(),
        _ => Channel::balance_list(endpoints.into_iter()),
    };
    Ok(InterceptedService::new(channel, Bearer { file: token, latest: Arc::default() }))
}

fn endpoint(target: &str, tls: Option<ClientTlsConfig>) -> Result<Endpoint, tonic::transport::Error> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{target}"))?
        .connect_timeout(Duration::from_secs(5))
        .http2_keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(5))
        .keep_alive_while_idle(true);
    match tls {
        Some(tls) => endpoint.tls_config(tls),
        None => Ok(endpoint),
    }
}

fn tls() -> io::Result<ClientTlsConfig> {
    let mut tls = ClientTlsConfig::new();
    tls = match path("EPHEMERAL_CLIENT_CA") {
        Some(ca) => tls.ca_certificate(Certificate::from_pem(fs::read(ca)?)),
        None => tls.with_native_roots(),
    };
    if let (Some(certificate), Some(key)) = (path("EPHEMERAL_CLIENT_CERTIFICATE"), path("EPHEMERAL_CLIENT_KEY")) {
        tls = tls.identity(Identity::from_pem(fs::read(certificate)?, fs::read(key)?));
    }
    Ok(tls)
}

fn is_loopback(target: &str) -> bool {
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn path(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Adds the token of a file to each call, and reads the file again after a minute, so that it may be rotated.
#[derive(Clone)]
pub struct Bearer {
    file: Option<PathBuf>,
    latest: Arc<Mutex<Option<(Instant, AsciiMetadataValue)>>>,
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(file) = &self.file {
            let mut latest = self.latest.lock().expect("no call panics with it");
            let fresh = latest.as_ref().filter(|(read, _)| read.elapsed() < MAX_AGE).map(|(_, value)| value.clone());
            let value = match fresh {
                Some(value) => value,
                None => {
                    let value =
                        read_token(file).map_err(|e| Status::unauthenticated(format!("{}: {e}", file.display())))?;
                    *latest = Some((Instant::now(), value.clone()));
                    value
                }
            };
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

fn read_token(file: &PathBuf) -> io::Result<AsciiMetadataValue> {
    let value = format!("Bearer {}", fs::read_to_string(file)?.trim());
    let mut value = AsciiMetadataValue::try_from(value).map_err(|_| io::Error::other("not a token"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_leaves_the_machine_only_encrypted() {
        for target in ["localhost:9090", "127.0.0.1:9090", "[::1]:9090"] {
            assert!(is_loopback(target), "{target}");
        }
        for target in ["ephemeral:9090", "10.0.0.1:9090", "localhost.example.com:9090", "[fd00::1]:9090"] {
            assert!(!is_loopback(target), "{target}");
        }
    }

    #[test]
    fn each_call_has_the_token_of_the_file() {
        let file = env::temp_dir().join(format!("token-{}", std::process::id()));
        fs::write(&file, "secret\n").unwrap();
        let mut bearer = Bearer { file: Some(file.clone()), latest: Arc::default() };
        let request = bearer.call(Request::new(())).unwrap();
        fs::remove_file(&file).unwrap();
        assert_eq!(request.metadata().get("authorization").unwrap(), "Bearer secret");
        assert!(bearer.call(Request::new(())).is_ok(), "the file is not read for each call");
    }
}
