"""Hooks of mkdocs: pages and files of the repository outside docs/ that a page links to are part of the site.

So README.md is the home page, CONTRIBUTING.md a page like any other, and a link to a configuration shows the file.
"""
import pathlib
import posixpath
import re

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = 'docs/'
# A link or an image of Markdown: what comes before its target, its target up to an anchor, and the anchor.
LINK = re.compile(r'(\]\()([^)\s#]+)((?:#[^)\s]*)?\))')
FENCE = re.compile(r'^ *```.*?^ *```$', re.MULTILINE | re.DOTALL)


def in_repository(source):
    """Where a file of the site stands in the repository; `source` is its path below docs/, or in the repository."""
    return DOCS + source if (ROOT / DOCS / source).is_file() else source


def in_site(path):
    """The reverse."""
    return path[len(DOCS):] if path.startswith(DOCS) else path


def map_links(markdown, source, change):
    """The Markdown with each relative link, outside code, as `change` makes it of the linked file's path in the repository."""
    folder = posixpath.dirname(in_repository(source))

    def changed(match):
        if ':' in match[2]:
            return match[0]
        return match[1] + change(posixpath.normpath(posixpath.join(folder, match[2]))) + match[3]

    fences = FENCE.findall(markdown)
    parts = FENCE.split(markdown)
    return ''.join(LINK.sub(changed, part) + fence for part, fence in zip(parts, fences + ['']))


def on_files(files, config):
    def add(path):
        if not files.get_file_from_path(in_site(path)) and (ROOT / path).is_file():
            files.append(File(in_site(path), str(ROOT), config['site_dir'], config['use_directory_urls']))
            waiting.append(path)
        return path

    for file in [file for file in files if file.src_uri.startswith('site/') and not file.src_uri.endswith('.css')]:
        files.remove(file)
    waiting = [in_repository(file.src_uri) for file in files.documentation_pages()]
    add('README.md')
    while waiting:
        path = waiting.pop()
        if path.endswith('.md'):
            map_links((ROOT / path).read_text(), in_site(path), add)
    return files


def on_page_markdown(markdown, page, config, files):
    source = page.file.src_uri
    return map_links(markdown, source, lambda path: posixpath.relpath(in_site(path), posixpath.dirname(source) or '.'))
