"""Addresses that are told when jobs are over."""

from fastapi import APIRouter, Request, status
from pydantic import Field

from neckar_jobs.api.shapes import Number, Shape, Time
from neckar_jobs.api.who import TheSite, Who
from neckar_jobs.errors import UnknownError
from neckar_jobs.service import subscriptions

router = APIRouter(prefix="/v4/subscriptions", tags=["people"])


class AddressShape(Shape):
    """An https:// address that takes messages."""

    address: str = Field(min_length=10, max_length=1000)


class SubscriptionShape(Shape):
    """An address that is told."""

    id: int
    address: str
    created_at: Time
    trouble: str


class DeliveryShape(Shape):
    """An attempt to tell an address something."""

    id: int
    subscription: int
    event: str = Field(description="`job.over` or `test`")
    job: int | None
    at: Time
    status: int | None = Field(description="that it answered; null if it could not be reached")
    trouble: str = Field(description="empty where the message was taken")


class NewSubscriptionShape(SubscriptionShape):
    """The same, with the secret that signs messages; it is shown only once."""

    secret: str


@router.get("")
def listed(site: TheSite, user: Who) -> list[SubscriptionShape]:
    """Addresses that are told about your jobs, and what went wrong with them last."""
    return [SubscriptionShape.model_validate(each) for each in subscriptions.listed(site, user)]


@router.post("", status_code=status.HTTP_201_CREATED)
def subscribe(
    request: Request, site: TheSite, user: Who, wanted: AddressShape
) -> NewSubscriptionShape:
    """Have an address told when one of your jobs is over, by a signed POST."""
    trusted = request.app.state.trusted_hooks
    made, secret = subscriptions.subscribe(site, user, wanted.address, trusted)
    return NewSubscriptionShape(
        **SubscriptionShape.model_validate(made).model_dump(), secret=secret
    )


@router.delete("/{number}", status_code=status.HTTP_204_NO_CONTENT)
def unsubscribe(site: TheSite, user: Who, number: Number) -> None:
    """Have it told no longer."""
    subscriptions.unsubscribe(site, user, number)


@router.get("/{number}/deliveries")
def deliveries(site: TheSite, user: Who, number: Number) -> list[DeliveryShape]:
    """The last twenty attempts to tell an address something, the newest first."""
    found = subscriptions.deliveries(site, user)
    if number not in found:
        raise UnknownError(f"there is no subscription {number}, or it is not yours")
    return [DeliveryShape.model_validate(each) for each in found[number]]


@router.post("/{number}/test", status_code=status.HTTP_201_CREATED)
def try_out(request: Request, site: TheSite, user: Who, number: Number) -> DeliveryShape:
    """Send a message now, to see what comes of it."""
    trusted = request.app.state.trusted_hooks
    return DeliveryShape.model_validate(subscriptions.try_out(site, user, number, trusted))
