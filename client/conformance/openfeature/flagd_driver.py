"""Drives the flagd provider for Python: the protocol of README.md over standard input and output."""

from __future__ import annotations

import json
import sys
import threading

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent

EVENTS = {
    ProviderEvent.PROVIDER_READY: "ready",
    ProviderEvent.PROVIDER_STALE: "stale",
    ProviderEvent.PROVIDER_ERROR: "error",
    ProviderEvent.PROVIDER_CONFIGURATION_CHANGED: "change",
}

output = threading.Lock()


def write(line: dict) -> None:
    with output:
        print(json.dumps(line), flush=True)


def watch(event: ProviderEvent, name: str) -> None:
    def on_event(details: EventDetails) -> None:
        write({"event": name, "handle": "provider", "flags": details.flags_changed or []})

    api.add_handler(event, on_event)


def connect(args: dict) -> dict:
    for event, name in EVENTS.items():
        watch(event, name)
    provider = FlagdProvider(
        host="127.0.0.1", port=args["port"], deadline_ms=args["deadline_ms"], retry_backoff_max_ms=args["backoff_ms"]
    )
    api.set_provider_and_wait(provider)
    return {}


def evaluate(args: dict) -> dict:
    client = api.get_client()
    read = getattr(client, f"get_{args['type']}_details")
    context = EvaluationContext(targeting_key=args["user"], attributes={"plan": "free"})
    details = read(args["flag"], args["default"], context)
    return {
        "value": details.value,
        "reason": details.reason,
        "variant": details.variant,
        "error": details.error_code,
    }


OPERATIONS = {"connect": connect, "evaluate": evaluate}


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        try:
            result = OPERATIONS[request["op"]](request["args"])
            write({"id": request["id"], "result": result})
        except Exception as e:  # noqa: BLE001: the scenario fails with it
            write({"id": request["id"], "error": {"message": f"{type(e).__name__}: {e}"}})
    api.shutdown()


if __name__ == "__main__":
    main()
