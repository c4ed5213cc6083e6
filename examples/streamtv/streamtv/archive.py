"""Finds films on archive.org and the address from which they can be played."""

import logging

import httpx

log = logging.getLogger("streamtv.archive")

BASE = "https://archive.org"
PLAYABLE = (".mp4", ".avi", ".mpeg")


async def login(settings, username, password):
    """Logs in and returns the session's cookies."""
    async with httpx.AsyncClient(timeout=settings["request_timeout"], follow_redirects=True) as client:
        answer = await client.post(f"{BASE}/account/login", data={"username": username, "password": password})
        answer.raise_for_status()
        return answer.cookies


async def metadata(settings, item):
    """What archive.org knows about an item."""
    async with httpx.AsyncClient(
        timeout=httpx.Timeout(settings["request_timeout"], connect=5.0),
        follow_redirects=True,
    ) as client:
        answer = await client.get(f"{BASE}/metadata/{item}")
        answer.raise_for_status()
        return answer.json()


async def stream_url(settings, item):
    """The address of the item's first playable file, or None."""
    known = await metadata(settings, item)
    for file in known.get("files", []):
        if file["name"].lower().endswith(PLAYABLE):
            return await resolve(settings, f"{BASE}/download/{item}/{file['name']}")
    log.error("Could not get stream URL for %s: no playable file", item)
    return None


async def resolve(settings, url):
    """The server that really holds a file."""
    async with httpx.AsyncClient(timeout=settings["request_timeout"]) as client:
        answer = await client.head(url)
        answer.raise_for_status()
        return str(answer.url)
