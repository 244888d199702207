//! A recipe for Ephemeral in Rust: stubs, a channel with safe defaults, retries, the reasons of errors and the escape of
//! ids. Copy what you need.

mod channel;
mod ids;
mod retry;

pub use channel::{Bearer, EphemeralChannel, from_environment};
pub use ids::{escape_id, unescape_id};
pub use retry::retrying;

use tonic_types::StatusExt;

/// The generated messages and stubs.
pub mod v1 {
    tonic::include_proto!("flowhub.ephemeral.v1");
    include!(concat!(env!("OUT_DIR"), "/redacted.rs"));
}

/// The reason of a failed call. None if the status is not from the server, or the server is newer than these protos.
pub fn reason(status: &tonic::Status) -> Option<v1::ErrorReason> {
    let info = status.get_details_error_info()?;
    (info.domain == "ephemeral.flowhub.io").then(|| v1::ErrorReason::from_str_name(&info.reason))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_has_no_code() {
        let request = v1::VerifyOtpRequest { code: "123456".into(), ..Default::default() };
        assert_eq!(format!("{request:?}"), "VerifyOtpRequest { .. }");
        let issued = v1::IssuedOtp { code: "123456".into(), ..Default::default() };
        let response = v1::IssueOtpResponse { outcome: Some(v1::issue_otp_response::Outcome::Issued(issued)) };
        assert!(!format!("{response:?}").contains("123456"));
    }
}
