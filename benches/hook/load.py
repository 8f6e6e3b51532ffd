"""Times `keepmum hook`: see run."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

PROGRAM, RUNS = os.path.abspath(sys.argv[1]), int(sys.argv[2])
SECRET = "correct horse battery staple of the bench"
AT_ONCE = 20


def event(secrets):
    """An event whose output is 1 MB of a log, with so many secrets in it."""
    line = '2026-11-29T10:00:00Z INFO handler "GET /v1/items/%d" took 12ms path=/srv/app/src/main.rs\n'
    text = "".join(line % number for number in range(11_000))[:1_000_000]
    for number in range(secrets):
        at = len(text) * (number + 1) // (secrets + 1)
        text = text[:at] + SECRET + text[at:]
    output = {"stdout": text, "stderr": "", "interrupted": False, "isImage": False}
    said = {"hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_input": {"command": "x"}, "tool_response": output}
    return json.dumps(said).encode()


def once(arguments, environment, payload):
    started = time.perf_counter()
    done = subprocess.run([PROGRAM, *arguments], input=payload, capture_output=True, env=environment, check=False)
    took = (time.perf_counter() - started) * 1000
    assert done.returncode == 0 and SECRET.encode() not in done.stdout, done.stderr
    return took


def told(name, times):
    times.sort()
    at = lambda part: times[min(len(times) - 1, int(len(times) * part))]
    print(f"{name:44} p50 {at(0.5):7.2f} ms   p99 {at(0.99):7.2f} ms")


with tempfile.TemporaryDirectory() as home:
    folder = pathlib.Path(home, ".config/keepmum")
    folder.mkdir(parents=True)
    (folder / "secret").write_text(SECRET)
    (folder / "keepmum.toml").write_text('[[source]]\nkind = "file"\nname = "bench"\npath = "secret"\n')
    environment = {"HOME": home}
    hook = ["hook", "--agent", "claude-code"]
    small = json.dumps({"hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_response": {"stdout": "x"}}).encode()
    cases = [
        ("a process that ends at once (--version)", ["--version"], b""),
        ("small event, no rules", [*hook, "--only-known"], small),
        ("small event", hook, small),
        ("1 MB, no rules, 10 secrets", [*hook, "--only-known"], event(10)),
        ("1 MB, clean", hook, event(0)),
        ("1 MB, 10 secrets", hook, event(10)),
    ]
    for name, arguments, payload in cases:
        once(arguments, environment, payload)
        told(name, [once(arguments, environment, payload) for _ in range(RUNS)])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        payload = event(10)
        times = pool.map(lambda _: once(hook, environment, payload), range(RUNS))
        told(f"1 MB, 10 secrets, {AT_ONCE} at once", list(times))
