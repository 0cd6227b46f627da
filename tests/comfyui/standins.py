"""Makes stand-ins for the CUDA libraries that PyPI's torch is linked with.

    standins.py TORCH_LIB_FOLDER OUT_FOLDER

The real ones are gigabytes that a machine without a GPU has no use for. Each stand-in has every
function that torch asks its library for, and each function answers 100, `cudaErrorNoDevice`. Needs
`readelf`, `nm` (binutils) and `gcc`.
"""

import collections
import re
import subprocess
import sys
from pathlib import Path

# Libraries that every system has.
SYSTEM = re.compile(
    r"^(ld-linux|libc\.|libm\.|libdl|librt|libpthread|libgcc_s|libstdc|libgomp|libpython)"
)
# Functions of CUDA and of the libraries around it.
CUDA = re.compile(
    r"^(__?cuda|cu[A-Z]|cuda|cublas|cudnn|cufft|curand|cusolver|cusparse|cupti|cuFile|nccl|nvrtc"
    r"|nvshmem|nvtx)"
)
# Versions of functions that the system or Python brings.
SYSTEM_VERSION = re.compile(r"(GLIBC|GLIBCXX|CXXABI|GCC|GOMP|OMP)")
# Functions that answer a text: a number would be read as an address.
TEXTS = {
    "cudaGetErrorString",
    "cudaGetErrorName",
    "cublasGetStatusString",
    "cudnnGetErrorString",
    "ncclGetErrorString",
    "ncclGetLastError",
    "nvrtcGetErrorString",
    "cusparseGetErrorString",
    "cusparseGetErrorName",
}
NO_DEVICE = 100


def said(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def asked_for(folder):
    """The libraries that are missing, and the missing functions by the version they want."""
    libraries = sorted(folder.glob("*.so*"))
    there = {it.name for it in libraries}
    needed, missing, defined = set(), set(), set()
    for library in libraries:
        for match in re.finditer(r"NEEDED.*\[(.+?)\]", said("readelf", "-dW", library)):
            if match[1] not in there and not SYSTEM.match(match[1]):
                needed.add(match[1])
        for line in said("nm", "-D", library).splitlines():
            words = line.split()
            if len(words) < 2:
                continue
            if words[-2] == "U":
                missing.add(words[-1])
            else:
                defined.add(words[-1].split("@")[0])
    functions = collections.defaultdict(set)
    for symbol in missing:
        name, _, version = symbol.partition("@")
        version = version.lstrip("@")
        is_elsewhere = name in defined or name.startswith(("Py", "_Py"))
        is_system = bool(SYSTEM_VERSION.match(version))
        if not is_elsewhere and not is_system and CUDA.match(name):
            functions[version].add(name)
    return needed, functions


def functions_of(library, needed, functions):
    """What one stand-in has: by a version of its name; the CUDA runtime takes the rest."""
    wanted = {}
    for version, names in functions.items():
        takes_rest = library.startswith("libcudart") and version not in needed
        if version == library or takes_rest:
            wanted.update(dict.fromkeys(names, version))
    return wanted


def make(library, wanted, folder):
    lines = []
    for name in sorted(wanted):
        if name in TEXTS:
            lines.append(f'const char *{name}(void) {{ return "no CUDA here"; }}')
        else:
            lines.append(f"long {name}(void) {{ return {NO_DEVICE}; }}")
    source, versions = folder / "standin.c", folder / "standin.map"
    source.write_text("\n".join(lines) + "\n")
    command = ["gcc", "-w", "-shared", "-fPIC", "-o", folder / library, f"-Wl,-soname,{library}"]
    by_version = collections.defaultdict(list)
    for name, version in wanted.items():
        if version:
            by_version[version].append(name)
    if by_version:
        blocks = [
            f"{version} {{ global: {'; '.join(sorted(names))}; }};"
            for version, names in sorted(by_version.items())
        ]
        versions.write_text("\n".join(blocks) + "\n")
        command.append(f"-Wl,--version-script={versions}")
    subprocess.check_call([*command, "-x", "c", source])


def main():
    torch, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    needed, functions = asked_for(torch)
    for library in sorted(needed):
        make(library, functions_of(library, needed, functions), folder)


if __name__ == "__main__":
    main()
