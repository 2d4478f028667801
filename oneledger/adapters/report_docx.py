"""Word reports: a template that an official can open and restyle, filled with a report's context.

docxtpl turns the template into Jinja source once; after that a report is one rendering and one zip, with every other
part of the file copied as it was deflated once. The same context gives the same bytes.
"""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from oneledger.adapters.xml_text import xml_text
from oneledger.adapters.zip_parts import Part, archived, packed
from oneledger.domain.errors import DefinitionError

_FILLED = re.compile(r"^(word/(document|header\d*|footer\d*)|docProps/core)\.xml$")
_BEFORE_PARAGRAPH = re.compile(r"<w:p([ >])")


@dataclass(frozen=True)
class _Prepared:
    filled: Mapping[str, Template]
    copied: tuple[Part, ...]  # deflated once


def render_report(template: Path, context: Mapping[str, Any]) -> bytes:
    """Raises DefinitionError where the template is broken or asks for a value that the context lacks."""
    prepared = _prepared(template, template.stat().st_mtime_ns)
    filled = []
    for name, part in prepared.filled.items():
        try:
            filled.append(packed(name, part.render(context).encode("utf-8")))
        except TemplateError as fault:
            raise DefinitionError([f"{template}: {name}: {fault.message}"]) from fault
    return archived((*prepared.copied, *filled))


@lru_cache(maxsize=16)
def _prepared(template: Path, changed_at_ns: int) -> _Prepared:  # noqa: ARG001  a template that was restyled is read anew
    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined, finalize=_as_xml_text)
    reader = DocxTemplate(str(template))
    filled, copied = {}, []
    with zipfile.ZipFile(template) as package:
        for name in package.namelist():
            content = package.read(name)
            if _FILLED.match(name):
                filled[name] = _compiled(environment, reader, template, name, content.decode())
            else:
                copied.append(packed(name, content, level=9))
    return _Prepared(filled, tuple(copied))


def _compiled(
    environment: ImmutableSandboxedEnvironment, reader: DocxTemplate, template: Path, name: str, xml: str
) -> Template:
    source = reader.patch_xml(xml)
    try:
        return environment.from_string(source)
    except TemplateSyntaxError as fault:
        line = _BEFORE_PARAGRAPH.sub(r"\n<w:p\1", source[: _offset(source, fault.lineno)]).rpartition("\n")[2]
        words = re.sub(r"<[^>]+>", "", line)
        raise DefinitionError([f"{template}: {name}: {fault.message} near “{words[-60:]}”"]) from fault


def _offset(source: str, line: int) -> int:
    return sum(len(each) for each in source.splitlines(keepends=True)[:line])


def _as_xml_text(value: object) -> object:
    """Characters that no XML may hold are left out; everything else stays text, escaped by Jinja."""
    return xml_text(value) if isinstance(value, str) else value
