"""Who holds which chip."""

from fastapi import APIRouter
from pydantic import Field

from neckar_jobs.api.shapes import Shape, Time
from neckar_jobs.api.who import TheSite, Who
from neckar_jobs.service import holding
from neckar_jobs.states import State

router = APIRouter(prefix="/v4/sessions", tags=["jobs"])


class HoldingShape(Shape):
    """A session at a chip that is not over."""

    job: int | None = Field(description="cancel it to end the session; null if it is not yours")
    owner: str = Field(description="empty: somebody whom you do not know")
    collab: str
    platform: str
    chip: str = Field(description="empty where nobody has said")
    state: State
    since: Time
    used: float = Field(description="of the chip's time, in seconds")
    left: float | None = Field(description="of the time that it may have, in seconds")
    may_end: bool


@router.get("")
def held(site: TheSite, user: Who) -> list[HoldingShape]:
    """Sessions that are not over, the oldest first."""
    return [HoldingShape.model_validate(each) for each in holding.held(site, user)]
