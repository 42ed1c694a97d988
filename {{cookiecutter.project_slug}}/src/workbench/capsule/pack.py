"""One archive from which anybody reproduces the results without a network: `make capsule`."""

import importlib.metadata
import json
import re
import shlex
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from ..check import clone
from ..check.container import build_image
from ..errors import UserError
from ..project import find_project, git
from ..record.measure import find_numerical_variables

LOCKS = ("requirements.txt", "requirements-extras.txt")  # the second where there is one


def make_capsule(folder: Path, root: Path) -> Path:
    """Write the archive of the commit to `folder`.

    It holds the repository, the data and models that DVC keeps for the commit, the wheels of the
    lock for this platform and Python, the image `pipeline`, and the script that puts them together.

    Returns:
        Its path.

    Raises:
        UserError: A part of it is not available; the message says which.
    """
    commit = clone.require_committed_results(root)
    if git("rev-parse", "--is-shallow-repository", root=root) == "true":
        raise UserError("This clone lacks a part of its history: `git fetch --unshallow` first.")
    name = f"{root.name}-{commit[:7]}"
    with tempfile.TemporaryDirectory(prefix="capsule-", ignore_cleanup_errors=True) as scratch:
        capsule = Path(scratch) / name
        capsule.mkdir()
        clone.call(
            "git",
            "bundle",
            "create",
            "--quiet",
            str(capsule / "repository.bundle"),
            "HEAD",
            cwd=root,
        )
        project = clone.make_clone(Path(scratch) / "clone", root)
        image = f"reproduce:{commit}"
        clone.call("docker", "tag", build_image(project, commit), image, cwd=root)
        clone.call("docker", "save", "--output", str(capsule / "image.tar"), image, cwd=root)
        clone.call("docker", "rmi", image, cwd=root)  # the name; what was built stays cached
        clone.export_data(project, capsule / "data", root)
        pip = (
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--dest",
            str(capsule / "wheels"),
        )
        for lock in LOCKS:
            if (project / lock).exists():
                shutil.copy(project / lock, capsule)
                clone.call(*pip, "--no-deps", "--require-hashes", "-r", lock, cwd=project)
        if (project / clone.ACCELERATOR_LOCK).exists():
            shutil.copy(project / clone.ACCELERATOR_LOCK, capsule)
            options = _find_index(project)
            clone.call(*pip, *options, "-r", clone.ACCELERATOR_LOCK, cwd=project)
        clone.call(*pip, f"pip=={importlib.metadata.version('pip')}", cwd=project)
        shutil.copy(Path(__file__).with_name("unpack.py"), capsule / "reproduce.py")
        facts = {
            "project": f"project/{git('rev-parse', '--show-prefix', root=root) or ''}".strip("/"),
            "python": f"{sys.version_info.major}.{sys.version_info.minor}",
            "image": image,
            "variables": find_numerical_variables(),
        }
        (capsule / "capsule.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        folder.mkdir(exist_ok=True)
        part = folder / f"{name}.part"
        try:
            with tarfile.open(part, "w") as tar:
                tar.add(capsule, name)
            return part.replace(folder / f"{name}.tar")
        finally:
            part.unlink(missing_ok=True)


def _find_index(project: Path) -> tuple[str, ...]:
    """The options of pip for the build that `ACCELERATOR` names: uv knows which index has it."""
    if not (build := clone.choose_build()):
        return ()  # the usual one
    options = ("--no-config", "--no-deps", "--emit-index-annotation", *build)
    compile_lock = (sys.executable, "-m", "uv", "pip", "compile", "--quiet", *options)
    compiled = clone.call(*compile_lock, clone.ACCELERATOR_LOCK, cwd=project)
    return ("--no-deps", "--index-url", *re.findall(r"# from (\S+)", compiled)[:1])


def main() -> int:
    """Run from the command line."""
    try:
        root = find_project()
        archive = make_capsule(root / "dist", root)
    except (UserError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing is left", file=sys.stderr)
        return 130
    print(f"{archive.relative_to(root)}: {archive.stat().st_size / 1e9:.1f} GB. To reproduce:")
    script = shlex.quote(f"{archive.stem}/reproduce.py")
    print(f"  tar -xf {shlex.quote(archive.name)} && python3 {script}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
