"""Makes a virtual environment of locked packages, once: run by itself with the interpreter to build on.

    python3 make_environment.py ROOT LOCK [NAME==VERSION ...]

The environment's folder appears in ROOT under the hash of the lock, the interpreter and the platform, by a
rename when it is whole. A lock of the operating system on a file beside it lets one process make it while
others wait; the lock ends with its holder and with the pip that the holder started. The last line of
standard output is JSON: {"path", "key", "python", "made"}, or {"tooOld": version}.

It keeps to the syntax of old Pythons, so that one that is too old can say so.
"""

import glob
import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading

OLDEST = (3, 10)
#: Changes when environments are made in another way.
FORMAT = 1


def watch_parent():
    """Ends the process group when whoever started it is gone: standard input closes."""
    watched = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def wait():
        while os.read(watched, 4096):
            pass
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def key_of(lock, by_version):
    about = {
        "format": FORMAT,
        "lock": hashlib.sha256(lock).hexdigest(),
        "byVersion": sorted(by_version),
        "python": "%s %s" % (platform.python_implementation(), platform.python_version()),
        "platform": sysconfig.get_platform(),
    }
    text = json.dumps(about, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32], about


def pinned(lock):
    """The lock's versions without their hashes, as constraints of further packages."""
    lines = lock.decode("utf-8").replace("\\\n", " ").splitlines()
    return "\n".join(line.split("--hash")[0].strip() for line in lines if line.strip()[:1] not in ("", "#"))


def has_pip():
    """Whether the interpreter's own pip can install for another one, which spares installing pip."""
    try:
        import pip

        return tuple(int(part) for part in pip.__version__.split(".")[:2]) >= (22, 3)
    except (ImportError, ValueError):
        return False


def install(folder, lock, by_version, held):
    """pip inherits the lock: while it writes, nobody else starts."""
    python = os.path.join(folder, "bin", "python")
    own_pip = has_pip()
    pip = [sys.executable, "-m", "pip", "--python", python] if own_pip else [python, "-m", "pip"]
    pip += ["--no-input", "--disable-pip-version-check", "install"]
    pip += ["--only-binary", ":all:", "--progress-bar", "off", "--no-compile"]
    run = lambda command: subprocess.run(command, check=True, pass_fds=(held,), stdin=subprocess.DEVNULL)  # noqa: E731
    run([sys.executable, "-m", "venv"] + (["--without-pip"] if own_pip else []) + [folder])
    locked = os.path.join(folder, "lock.txt")
    with open(locked, "wb") as file:
        file.write(lock)
    run(pip + ["--require-hashes", "-r", locked])
    if by_version:
        constraints = os.path.join(folder, "constraints.txt")
        with open(constraints, "w") as file:
            file.write(pinned(lock))
        run(pip + ["-c", constraints] + by_version)
    # On all processors, and without the libraries' own tests, which are half of their code. A file that is
    # no Python of this version is left as it is.
    compiling = [python, "-m", "compileall", "-qq", "-j", "0", "-x", "[/]tests?[/]", os.path.join(folder, "lib")]
    subprocess.run(compiling, check=False, pass_fds=(held,), stdin=subprocess.DEVNULL)


def is_whole(path):
    """A link to an interpreter that was removed since makes an environment useless."""
    return os.path.isfile(os.path.join(path, "bin", "python"))


def make(root, lock, by_version):
    import fcntl

    key, about = key_of(lock, by_version)
    path = os.path.join(root, key)
    answer = {"path": path, "key": key, "python": about["python"], "made": False}
    if is_whole(path):
        return answer
    os.makedirs(root, exist_ok=True)
    with open(path + ".lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if is_whole(path):
            return answer
        # A name of its own: a program that a killed maker left must not write into this one.
        making = "%s.%d.making" % (path, os.getpid())
        for rest in [path] + glob.glob(glob.escape(path) + ".*.making"):
            shutil.rmtree(rest, ignore_errors=True)
        try:
            install(making, lock, by_version, file.fileno())
            with open(os.path.join(making, "millwright.json"), "w") as facts:
                json.dump(about, facts, indent=2)
            os.sync()
            os.rename(making, path)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    answer["made"] = True
    return answer


def main():
    if sys.version_info < OLDEST:
        print(json.dumps({"tooOld": platform.python_version()}))
        return 0
    watch_parent()
    # Ended by a signal it still takes away what it began.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    root, lock_path = sys.argv[1:3]
    with open(lock_path, "rb") as file:
        lock = file.read()
    try:
        answer = make(root, lock, sys.argv[3:])
    except subprocess.CalledProcessError as error:
        print("%s ended with code %s" % (" ".join(map(str, error.cmd[:4])), error.returncode))
        return 1
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    os._exit(code)
