"""Alive, ready and counted, for monitoring; nothing here names a reader."""

from __future__ import annotations

from ipaddress import ip_address

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from briefings.errors import BriefingsError
from briefings.web.ops.metrics import Metrics
from briefings.web.site import Site


def routes(site: Site, metrics: Metrics) -> APIRouter:
    """The pages /healthz, /readyz and /metrics."""
    router = APIRouter()

    @router.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthz() -> Response:
        """Answer as long as the process runs; asks nobody, so a locked database cannot fail it."""
        return PlainTextResponse("ok\n")

    @router.api_route("/readyz", methods=["GET", "HEAD"])
    def readyz() -> Response:
        """Say whether the database answers and has the schema of this program."""
        try:
            current, head = site.app.db.version()
        except BriefingsError as wrong:
            return PlainTextResponse(f"not ready: {type(wrong).__name__}\n", 503)
        if current != head:
            return PlainTextResponse("not ready: the schema is old; run `briefings init`\n", 503)
        return PlainTextResponse("ready\n")

    @router.get("/metrics")
    def counts(request: Request) -> Response:
        """Counts for Prometheus, for private networks only: others learn nothing, not even 403."""
        if not _from_inside(request, proxied=bool(site.app.settings.trusted_proxies)):
            raise HTTPException(404)
        return Response(metrics.text(site.now().timestamp()), media_type=CONTENT_TYPE_LATEST)

    return router


def _from_inside(request: Request, *, proxied: bool) -> bool:
    """Whether the client is on this machine or a private network.

    Behind a proxy that is not in TRUSTED_PROXIES nobody can tell, so nobody is.
    """
    if "x-forwarded-for" in request.headers and not proxied:
        return False
    try:
        return request.client is not None and ip_address(request.client.host).is_private
    except ValueError:
        return False
