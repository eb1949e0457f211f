"""From a fresh checkout to a runnable house, with nothing but Python 3.11 or later.

`bootstrap.py run` makes .venv and installs requirements/runtime.lock; `dev` adds dev.lock; both
build the front-end files, with a Node from PyPI in a place of its own where none (>= 20) is
installed. Every step leaves a stamp, written last, with the hash of what it was made from: nothing
is done twice, and a step that was killed half-way is done again. One bootstrap runs at a time per
checkout.

Standard library only, and readable by an old Python as far as the line that refuses it.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(REPOSITORY, ".venv")
NODE_VENV = os.path.join(REPOSITORY, ".venv-node")
LOCKS = {"run": ["runtime"], "dev": ["runtime", "dev"]}
NODE_MIN = 20


def main(arguments):
    require_python()
    stage = arguments[0] if arguments else "run"
    if stage not in LOCKS:
        sys.exit("usage: bootstrap.py run|dev")
    with_one_at_a_time()
    require_venv(VENV)
    require_packages(VENV, [lock_path(name) for name in LOCKS[stage]], stage)
    require_project()
    require_assets()
    return 0


def require_python():
    if sys.version_info < (3, 11):
        sys.exit(
            "需要 Python 3.11 或更新版本，现在是 {0}.{1}：请运行 make run PYTHON=python3.11 / "
            "Python 3.11 or later is needed, this is {0}.{1}: "
            "try make run PYTHON=python3.11".format(*sys.version_info[:2])
        )


def with_one_at_a_time():
    """A lock on the checkout's folder itself; the kernel lets go of it when we end."""
    descriptor = os.open(REPOSITORY, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("另一个安装正在进行，等待中 · Another installation is running, waiting for it …")
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def require_venv(folder):
    """A virtual environment of this Python; one of another version, or half made, is made again."""
    stamp = os.path.join(folder, ".python")
    wanted = "{}.{}".format(*sys.version_info[:2])
    works = os.path.exists(python_of(folder))
    if works and not os.path.exists(stamp):
        works = version_of(folder) == wanted and has_pip(folder)
    elif works:
        works = read(stamp) == wanted
    if works:
        write(stamp, wanted)
        return
    say("正在建立虚拟环境 · Making the virtual environment …")
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", folder])
    if done.returncode != 0:
        sys.exit(
            "无法建立虚拟环境：在 Debian/Ubuntu 上请先 apt install python3-venv。 / "
            "Can't make a virtual environment: on Debian or Ubuntu, apt install python3-venv first."
        )
    write(stamp, wanted)


def require_packages(folder, locks, stage):
    """Installs locked packages, hashes required, when a lock has changed since it was installed."""
    stamp = os.path.join(folder, ".installed-" + stage)
    wanted = digest(*locks)
    if os.path.exists(stamp) and read(stamp) == wanted:
        return
    say("正在安装依赖（首次约一分钟）· Installing packages (about a minute the first time) …")
    command = [python_of(folder), "-m", "pip", "install", "--require-hashes", "-qq"]
    command += ["--disable-pip-version-check", "--no-input"]
    for lock in locks:
        command += ["-r", lock]
    if subprocess.run(command, cwd=REPOSITORY).returncode != 0:
        sys.exit(
            "依赖安装失败：请检查 pip 源与磁盘空间，然后重试。 / "
            "Installing failed: see above, check the package index and the disk, and try again."
        )
    write(stamp, wanted)


def require_project():
    """Puts the `xinheng` command into .venv; the code itself stays where it is."""
    stamp = os.path.join(VENV, ".installed-project")
    wanted = digest(os.path.join(REPOSITORY, "pyproject.toml")) + REPOSITORY
    script = os.path.join(VENV, "bin", "xinheng")
    if os.path.exists(script) and os.path.exists(stamp) and read(stamp) == wanted:
        return
    command = [python_of(VENV), "-m", "pip", "install", "-qq", "--no-deps", "--no-input"]
    command += [
        "--disable-pip-version-check",
        "--no-build-isolation",
        "--no-index",
        "-e",
        REPOSITORY,
    ]
    if subprocess.run(command, cwd=REPOSITORY).returncode != 0:
        sys.exit(
            "安装 xinheng 命令失败，见上。 / Installing the xinheng command failed: see above."
        )
    write(stamp, wanted)


def require_assets():
    builder = os.path.join(REPOSITORY, "tools", "build_assets.py")
    sys.path.insert(0, os.path.dirname(builder))
    import build_assets

    if build_assets.is_current():
        return
    npm = shutil.which("npm") if node_version("node") >= NODE_MIN else None
    if npm is None:
        require_venv(NODE_VENV)
        require_packages(NODE_VENV, [lock_path("build")], "node")
        npm = os.path.join(NODE_VENV, "bin", "npm")
    done = subprocess.run([python_of(VENV), builder, "--npm=" + npm], cwd=REPOSITORY)
    if done.returncode != 0:
        sys.exit(done.returncode)


def node_version(node):
    try:
        answer = subprocess.run(
            [node, "--version"], stdout=subprocess.PIPE, universal_newlines=True
        )
        return int(answer.stdout.strip().lstrip("v").split(".")[0])
    except (OSError, ValueError):
        return 0


def version_of(folder):
    program = "import sys; print('{}.{}'.format(*sys.version_info[:2]))"
    answer = subprocess.run([python_of(folder), "-c", program], stdout=subprocess.PIPE)
    return answer.stdout.decode().strip()


def has_pip(folder):
    command = [python_of(folder), "-m", "pip", "--version"]
    return subprocess.run(command, stdout=subprocess.DEVNULL).returncode == 0


def python_of(folder):
    return os.path.join(folder, "bin", "python")


def lock_path(name):
    return os.path.join(REPOSITORY, "requirements", name + ".lock")


def digest(*paths):
    total = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            total.update(file.read() + b"\0")
    return total.hexdigest()


def read(path):
    with open(path) as file:
        return file.read()


def write(path, text):
    part = path + ".part"
    with open(part, "w") as file:
        file.write(text)
    os.replace(part, path)


def say(line):
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
