//! Six login attempts of one user, of which the policy of the server allows five.

use ephemeral_recipe::v1::{CheckRateRequest, rate_limit_service_client::RateLimitServiceClient};
use ephemeral_recipe::{escape_id, from_environment, reason, retrying};
use std::time::Duration;
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = RateLimitServiceClient::new(from_environment()?);
    let user = escape_id(&format!("user:{}", Uuid::new_v4())).ok_or("the id is too long")?;
    for _ in 0..6 {
        let check = CheckRateRequest {
            user_id: user.clone(),
            action: "login_attempts".into(),
            request_id: Uuid::new_v4().to_string(), // makes the retry safe
            ..Default::default()
        };
        let response = retrying(|| {
            let (mut client, check) = (client.clone(), check.clone());
            async move { client.check_rate(check).await }
        })
        .await?;
        match response.retry_after {
            None if response.allowed => println!("allowed, {} left", response.remaining),
            wait => {
                println!("denied, try again in {:.0?}", wait.map(Duration::try_from).transpose()?.unwrap_or_default())
            }
        }
    }
    let mistake = CheckRateRequest { user_id: "user:1".into(), action: "login_attempts".into(), ..Default::default() };
    let status = client.clone().check_rate(mistake).await.unwrap_err();
    println!("{:?}, {}", status.code(), reason(&status).map_or("no reason", |reason| reason.as_str_name()));
    Ok(())
}
