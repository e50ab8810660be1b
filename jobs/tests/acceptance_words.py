"""What is sent over the wire in the tests, as documents."""


def submission(code: str = "print('hello')", **changes: object) -> dict[str, object]:
    """A job that is fine, but for `changes`."""
    document = {"collab": "lab", "platform": "Demo", "code": {"kind": "text", "text": code}}
    return {**document, **changes}
