"""Turns a film on some server into an endless MPEG-TS stream."""

import asyncio
import logging

log = logging.getLogger("streamtv.streaming")

# Seconds until FFmpeg must have delivered its first bytes.
first_chunk_timeout = 5
chunk_size = 65536


class StreamError(Exception):
    """A channel cannot play its current item."""


def ffmpeg_command(binary, url, user_agent):
    """The argv that reads `url` and writes MPEG-TS to standard output."""
    return [
        binary,
        "-hide_banner",
        "-loglevel", "warning",
        "-user_agent", user_agent,
        "-timeout", "10000000",  # microseconds on the socket
        "-i", url,
        "-c", "copy",
        "-f", "mpegts",
        "pipe:1",
    ]


async def play(settings, channel, url):
    """Yields the chunks of one film; raises StreamError when there is nothing to play."""
    argv = ffmpeg_command(settings["ffmpeg"]["binary"], url, settings["streaming"]["user_agent"])
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    log.info("channel %s started (pid %s)", channel, process.pid)
    wait = first_chunk_timeout
    try:
        while True:
            try:
                chunk = await asyncio.wait_for(process.stdout.read(chunk_size), wait)
            except asyncio.TimeoutError:
                log.error("FFmpeg timeout: no data received for %ss (channel %s)", wait, channel)
                raise StreamError(url) from None
            if not chunk:
                break
            wait = settings["streaming"]["timeout"]
            yield chunk
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
