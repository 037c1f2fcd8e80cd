"""A guest's browser: Debian's Chromium in the guest's namespace, driven by Playwright.

The program itself is started inside the namespace and driven by a pipe, so that every packet of it takes the guest's way.
"""

from __future__ import annotations

import shlex
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect, sync_playwright

from tests.peers.program import found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PHONE = {"width": 390, "height": 740}
PATIENCE = 30_000  # ms: what is waited for comes in a moment, and on a machine with much else to do in a few
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-sync")


@contextmanager
def chromium(folder: Path, namespace: str = "", flags: tuple[str, ...] = (), *, whole: bool = False) -> Iterator[Browser]:
    """The browser, in a network namespace where one is named; `whole` with the warnings that it shows in a window."""
    folder.mkdir(parents=True, exist_ok=True)
    # The same browser without the windows that nobody sees: a third of its start, and a fifth less for each page.
    shell = None if whole else shutil.which("chromium-headless-shell")
    program = shell or found("chromium")
    if namespace:
        wrapper = folder / "chromium.sh"
        wrapper.write_text(f'#!/bin/sh\nexec {shlex.join([found("ip"), "netns", "exec", namespace, program])} "$@"\n')
        wrapper.chmod(0o755)
        program = str(wrapper)
    expect.set_options(timeout=PATIENCE)  # its own five seconds are an idle machine's
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page(browser: Browser, *, scripts: bool = False, language: str = "en-CA", **more: Any) -> Iterator[Page]:
    """A page of a phone's size; without scripts unless asked, as in a captive mini-browser that has none."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=scripts, locale=language, **more)
    context.set_default_timeout(PATIENCE)
    try:
        yield context.new_page()
    finally:
        context.close()
