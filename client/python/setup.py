"""Generates `ephemeral_client.v1` from the protos at build time: generated code is not committed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
PACKAGE = "flowhub/ephemeral/v1"
REDACTION = "from ephemeral_client.redaction import redact_all\n\nredact_all(globals())\n"

# In a source distribution, and in the repository.
PROTOS = next(path for path in (HERE / "proto", HERE / "../../proto/src/main/proto") if path.is_dir())
SERVICE_CONFIG = next(
    path for path in (HERE / "service-config.json", HERE / "../service-config.json") if path.is_file()
)


def generate(target: Path) -> None:
    """Writes the package: messages, stubs and their types, with imports below `ephemeral_client`."""
    work = target.parent / "v1-protoc"
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    work.mkdir(parents=True)
    protos = sorted(str(path.relative_to(PROTOS)) for path in (PROTOS / PACKAGE).glob("*.proto"))
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}"]
    for plugin in ("mypy", "mypy_grpc"):
        module = "mypy_protobuf.main" + (":grpc" if plugin == "mypy_grpc" else ":main")
        script = work / f"protoc-gen-{plugin}"
        name, function = module.split(":")
        script.write_text(f"#!{sys.executable}\nfrom {name} import {function}\n{function}()\n")
        script.chmod(0o755)
        protoc.append(f"--plugin=protoc-gen-{plugin}={script}")
        protoc.append(f"--{plugin}_out=quiet:{work}")
    protoc += [f"--python_out={work}", f"--grpc_python_out={work}", f"--descriptor_set_out={work / 'descriptors'}"]
    subprocess.run([*protoc, *protos], check=True)  # noqa: S603
    target.mkdir()
    for source in (work / PACKAGE).iterdir():
        code = source.read_text().replace("from flowhub.ephemeral.v1 import", "from ephemeral_client.v1 import")
        (target / source.name).write_text(code)
    (target / "__init__.py").write_text(exports((work / "descriptors").read_bytes()))
    shutil.rmtree(work)


def exports(descriptors: bytes) -> str:
    """The text of `__init__.py`, which has all messages, enums and stubs."""
    from google.protobuf.descriptor_pb2 import FileDescriptorSet

    lines, names = [], []
    for file in FileDescriptorSet.FromString(descriptors).file:
        module = "ephemeral_client.v1." + Path(file.name).stem
        types = [item.name for item in (*file.message_type, *file.enum_type)]
        stubs = [service.name + "Stub" for service in file.service]
        lines.append(f"from {module}_pb2 import {', '.join(sorted(types))}")
        if stubs:
            lines.append(f"from {module}_pb2_grpc import {', '.join(stubs)}")
        names += types + stubs
    doc = '"""The contract: the messages and the stubs of all services, generated from the protos."""'
    listed = [f'    "{name}",' for name in sorted(names)]
    return "\n".join([doc, "", *lines, "", "__all__ = [", *listed, "]", "", REDACTION])


class BuildWithStubs(build_py):
    def run(self) -> None:
        package = HERE / "src/ephemeral_client" if self.editable_mode else Path(self.build_lib) / "ephemeral_client"
        if not self.editable_mode:
            shutil.rmtree(package, ignore_errors=True)  # Of an earlier build.
        super().run()
        generate(package / "v1")
        shutil.copyfile(SERVICE_CONFIG, package / "service-config.json")


class SdistWithProtos(sdist):
    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        for proto in (PROTOS / PACKAGE).glob("*.proto"):
            copy = Path(base_dir) / "proto" / PACKAGE / proto.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(proto, copy)
        shutil.copyfile(SERVICE_CONFIG, Path(base_dir) / "service-config.json")


setup(cmdclass={"build_py": BuildWithStubs, "sdist": SdistWithProtos})
