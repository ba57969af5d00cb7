"""Alive, ready and counted, for monitoring; nothing here names a reader."""

from __future__ import annotations

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
        """Counts for Prometheus; a request that came through a proxy is from outside: 404."""
        if "x-forwarded-for" in request.headers:
            raise HTTPException(404)
        return Response(metrics.text(site.now().timestamp()), media_type=CONTENT_TYPE_LATEST)

    return router
