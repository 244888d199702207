from __future__ import annotations

from google.protobuf.message import Message

from ephemeral_client import v1

SECRET = "314159"


def test_codes_and_tokens_are_not_printed() -> None:
    messages: list[Message] = [
        v1.VerifyOtpRequest(user_id="alice", code=SECRET, session_binding=SECRET),
        v1.IssueOtpResponse(issued=v1.IssuedOtp(challenge_id="alice", code=SECRET)),
        v1.IssueLoginTokenResponse(token=SECRET),
        v1.SetSessionFlagRequest(user_id="alice", value=SECRET),
    ]
    for message in messages:
        for text in (str(message), repr(message), f"{message}", f"{[message]}"):
            assert SECRET not in text
            assert "[REDACTED]" in text
        assert SECRET.encode() in message.SerializeToString()  # It is printed, not changed.


def test_other_fields_are_printed() -> None:
    assert str(v1.CheckRateRequest(user_id="alice", action="login")) == 'user_id: "alice"\naction: "login"\n'
    assert 'user_id: "alice"' in str(v1.VerifyOtpRequest(user_id="alice", code=SECRET))
