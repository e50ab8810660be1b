"""The client for those who decide."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from nmpi.nmpi_user import Client, Job, _project

TEST_QUOTAS = {
    "BrainScaleS": {"limit": 0.1, "units": "wafer-hours"},
    "BrainScaleS-2": {"limit": 1.0, "units": "chip-hours"},
    "SpiNNaker": {"limit": 5000, "units": "core-hours"},
    "BrainScaleS-ESS": {"limit": 10, "units": "hours"},
    "Spikey": {"limit": 10, "units": "hours"},
}


class AdminClient(Client):
    """Accepts or rejects requests for resources, grants quotas, removes jobs."""

    def remove_job(self, job_id: Job) -> None:
        """Remove any job."""
        self._delete(self._get_job_uri(job_id) + "?as_admin=true")

    def resource_requests(
        self, collab_id: str | None = None, status: str | None = None
    ) -> list[Any]:
        """Requests of one collab or of all."""
        given = {"as_admin": True, "size": 100000, "collab": collab_id, "status": status}
        wanted = urlencode({name: value for name, value in given.items() if value})
        found: list[Any] = self._query(f"{self.quotas_server}/projects/?{wanted}")
        return found

    def get_resource_request(self, request_id: str) -> Any:
        """Any request."""
        return self._query(self.quotas_server + _project(request_id) + "?as_admin=true")

    def accept_resource_request(
        self, request_uri: str, with_quotas: Mapping[str, Mapping[str, Any]] | bool = False
    ) -> Any:
        """Accept a request; `with_quotas` has limit and units for each platform to grant."""
        done = self._decide(request_uri, "accepted")
        if isinstance(with_quotas, Mapping):
            for platform, values in with_quotas.items():
                self.add_quota(request_uri, platform, values["limit"], values["units"])
        return done

    def reject_resource_request(self, request_uri: str) -> Any:
        """Reject a request."""
        return self._decide(request_uri, "rejected")

    def add_quota(
        self, request_uri: str, platform: str, limit: float, units: str | None = None
    ) -> Any:
        """Let a project use a platform."""
        if units is None and platform not in TEST_QUOTAS:
            raise ValueError("Must specify units")
        units = units or str(TEST_QUOTAS[platform]["units"])
        quota = {"units": units, "limit": limit, "platform": platform}
        return self._post(f"{self.quotas_server}{request_uri}/quotas/", quota)

    def _decide(self, uri: str, status: str) -> Any:
        return self._put(f"{self.quotas_server}{uri}?as_admin=true", {"status": status})
