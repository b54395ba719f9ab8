"""The Markdown pages of the checkout: their fenced blocks, their headings and links."""
import dataclasses
import fnmatch
import pathlib
import re

SOURCE = pathlib.Path(__file__).resolve().parents[2]
# What builds and runs leave behind, beside git's own.
NOT_SOURCES = ('.git', 'build*', 'cmake-build*', 'out', 'install', '__pycache__')


def documentation():
    """The pages whose commands readers are meant to type."""
    return [SOURCE / name for name in ('README.md', 'CONTRIBUTING.md', 'benches/README.md')] + sorted(
        (SOURCE / 'docs').rglob('*.md'))


def all_pages():
    return sorted(page for page in SOURCE.rglob('*.md')
                  if not any(fnmatch.fnmatch(page.relative_to(SOURCE).parts[0], folder) for folder in NOT_SOURCES))


@dataclasses.dataclass
class Block:
    """A fenced block. `notes` are the HTML comments between it and what stands before it, by their first words."""
    language: str
    title: str
    line: int
    lines: list
    notes: dict


COMMENT = re.compile(r'<!--\s*([a-z ]+?)(?::\s*(.*?))?\s*-->', re.DOTALL)


def blocks(text):
    """The fenced blocks of a page, in order."""
    found = []
    lines = text.split('\n')
    notes = {}
    number = 0
    while number < len(lines):
        line = lines[number]
        fence = re.match(r'^( *)(```+) *(\S*) *(?:title="([^"]*)")? *$', line)
        if fence:
            first = number + 1
            number = first
            while lines[number].strip() != fence[2]:
                number += 1
            indent = len(fence[1])
            found.append(Block(fence[3], fence[4] or '', first + 1, [each[indent:] for each in lines[first:number]], notes))
            notes = {}
        elif line.lstrip().startswith('<!--'):
            comment = line
            while '-->' not in comment:
                number += 1
                comment += '\n' + lines[number]
            note = COMMENT.match(comment.strip())
            if note:
                notes[note[1]] = note[2] or ''
        elif line.strip():
            notes = {}
        number += 1
    return found


def without_code(text):
    """The text of a page with code and comments left out, line by line."""
    text = re.sub(r'^( *)(```+).*?^ *\2 *$', lambda match: '\n' * match[0].count('\n'), text, flags=re.M | re.S)
    return re.sub(r'<!--.*?-->', '', text, flags=re.S)


def anchors(text):
    """The anchors that GitHub gives a page's headings."""
    found = set()
    for heading in re.findall(r'^#{1,6} +(.*?) *$', without_code(text), re.M):
        plain = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', heading)
        slug = re.sub(r'[^\w\- ]', '', plain.lower()).replace(' ', '-')
        anchor = slug
        repeated = 0
        while anchor in found:
            repeated += 1
            anchor = f'{slug}-{repeated}'
        found.add(anchor)
    return found


def links(text):
    """The targets of a page's links and images."""
    text = re.sub(r'`[^`\n]*`', '', without_code(text))
    return re.findall(r'\]\(([^)\s]+)\)', text)
