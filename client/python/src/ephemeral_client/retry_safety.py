"""Which requests may be sent again after a failure although the first attempt may have taken effect.

Each RPC has a request type of its own, so the type identifies the RPC. The table is that of
`docs/guides/java-client.md`; a test compares them. A retry is safe if it consumes nothing twice, if its response does
not turn a success into a denial, and if it cannot undo what another caller did between the two attempts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from ephemeral_client import v1


def _always(request: Any) -> bool:
    return True


def _never(request: Any) -> bool:
    return False


def _with_request_id(request: Any) -> bool:
    return bool(request.request_id)


def _with_lease(request: Any) -> bool:
    return bool(request.lease)


def _check(request: v1.CheckRateRequest) -> bool:
    return bool(request.request_id) or (request.HasField("hits") and request.hits == 0)


RULES: dict[type[Message], Callable[[Any], bool]] = {
    v1.CheckRateRequest: _check,
    v1.BatchCheckRateRequest: _never,
    v1.RefundRateRequest: _never,
    v1.ResetRateRequest: _always,
    v1.IssueOtpRequest: _with_request_id,
    v1.VerifyOtpRequest: _with_request_id,
    v1.RevokeOtpRequest: _never,
    v1.GetSessionFlagRequest: _always,
    v1.SetSessionFlagRequest: _never,
    v1.ConsumeSessionFlagRequest: _never,
    v1.ClearSessionFlagRequest: _never,
    v1.IssueLoginTokenRequest: _never,
    v1.VerifyLoginTokenRequest: _always,
    v1.ConsumeLoginTokenRequest: _with_request_id,
    v1.RevokeLoginTokenRequest: lambda request: bool(request.token),
    v1.GetFlagRequest: _always,
    v1.BatchGetFlagsRequest: _always,
    v1.SetFlagRequest: _never,
    v1.ClearFlagRequest: _never,
    v1.GetCachedUserRequest: _always,
    v1.GetCachedProductRequest: _always,
    v1.BatchGetCachedUsersRequest: _always,
    v1.BatchGetCachedProductsRequest: _always,
    v1.PutCachedUserRequest: _with_lease,
    v1.PutCachedProductRequest: _with_lease,
    v1.EvictCachedUserRequest: _always,
    v1.EvictCachedProductRequest: _always,
    v1.HeartbeatRequest: _always,
    v1.GetPresenceRequest: _always,
    v1.BatchGetPresenceRequest: _always,
    v1.SetOfflineRequest: lambda request: bool(request.connection_id),
    v1.SetTypingRequest: _never,
    v1.ListTypingRequest: _always,
    v1.PublishRequest: _never,
    v1.GetBudgetRequest: _always,
}


def is_safe(request: object) -> bool:
    """False for a request type without a rule."""
    return RULES.get(type(request), _never)(request)  # type: ignore[arg-type]
