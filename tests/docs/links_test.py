"""Does each relative link and anchor of the Markdown pages lead somewhere in the checkout?"""
import sys
import urllib.parse

from markdown_pages import SOURCE, all_pages, anchors, links


def is_elsewhere(link):
    return bool(urllib.parse.urlsplit(link).scheme or urllib.parse.urlsplit(link).netloc)


def target_of(page, link):
    """The file that a link of a page leads to, and the anchor there."""
    path, _, anchor = link.partition('#')
    return (page.parent / urllib.parse.unquote(path)).resolve() if path else page, urllib.parse.unquote(anchor)


def check_sources():
    """Problems, and how many links there are."""
    problems = []
    pages = all_pages()
    known = {page: anchors(page.read_text()) for page in pages}
    checked = 0
    for page in pages:
        for link in links(page.read_text()):
            if is_elsewhere(link):
                continue
            checked += 1
            target, anchor = target_of(page, link)
            if not target.is_file() or SOURCE not in target.parents:
                problems.append(f'{page.relative_to(SOURCE)}: there is no file {link}')
            elif anchor and anchor not in known.get(target, ()):
                problems.append(f'{page.relative_to(SOURCE)}: there is no heading {link}')
    return problems, checked


def main():
    problems, checked = check_sources()
    for problem in problems:
        print(problem)
    print(f'{checked} links, {len(problems)} broken')
    sys.exit(1 if problems or not checked else 0)


if __name__ == '__main__':
    main()
