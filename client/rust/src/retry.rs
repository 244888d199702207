use std::{future::Future, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};
use tonic::{Code, Response, Status};
use tonic_types::StatusExt;

const DEADLINE: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 3;
const BACKOFF: Duration = Duration::from_millis(50);
const MAX_DELAY: Duration = Duration::from_secs(10);

/// Makes a call up to three times while it fails with UNAVAILABLE, within one second. Use it only for a request that is
/// safe to send twice (docs/guides/java-client.md, "Retries"), and send the same request, with the same `request_id`,
/// each time.
pub async fn retrying<T, F>(mut call: impl FnMut() -> F) -> Result<T, Status>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    let deadline = Instant::now() + DEADLINE;
    for attempt in 0.. {
        let status = match timeout_at(deadline, call()).await {
            Ok(Ok(response)) => return Ok(response.into_inner()),
            Ok(Err(status)) => status,
            Err(_) => return Err(Status::deadline_exceeded("no response within 1 s")),
        };
        let server_delay = status.get_details_retry_info().and_then(|info| info.retry_delay);
        let delay = server_delay.unwrap_or(BACKOFF * 2u32.pow(attempt));
        let jittered = delay.mul_f64(1.0 + fastrand::f64() / 5.0);
        let is_last = attempt + 1 == ATTEMPTS || delay > MAX_DELAY || Instant::now() + jittered >= deadline;
        if status.code() != Code::Unavailable || is_last {
            return Err(status);
        }
        sleep(jittered).await;
    }
    unreachable!("the last attempt returns")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    async fn attempts(failure: Status) -> u32 {
        let mut attempts = 0;
        let result: Result<(), _> = retrying(|| {
            attempts += 1;
            std::future::ready(Err(failure.clone()))
        })
        .await;
        assert_eq!(result.unwrap_err().code(), failure.code());
        attempts
    }

    fn with_delay(delay: Duration) -> Status {
        Status::with_error_details(Code::Unavailable, "", ErrorDetails::with_retry_info(Some(delay)))
    }

    #[tokio::test(start_paused = true)]
    async fn only_unavailable_is_retried_and_at_most_twice() {
        assert_eq!(attempts(Status::unavailable("")).await, 3);
        assert_eq!(attempts(Status::resource_exhausted("")).await, 1);
        assert_eq!(attempts(Status::internal("")).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn retry_waits_for_the_delay_of_the_server() {
        let start = Instant::now();
        assert_eq!(attempts(with_delay(Duration::from_millis(300))).await, 3);
        assert!(start.elapsed() >= Duration::from_millis(600));
    }

    #[tokio::test(start_paused = true)]
    async fn retry_past_the_deadline_is_skipped() {
        assert_eq!(attempts(with_delay(Duration::from_secs(1))).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn call_without_a_response_ends_after_a_second() {
        let start = Instant::now();
        let result: Result<(), _> = retrying(std::future::pending).await;
        assert_eq!(result.unwrap_err().code(), Code::DeadlineExceeded);
        assert_eq!(start.elapsed().as_secs(), 1);
    }
}
