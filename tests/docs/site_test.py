"""Does mkdocs make a site of the documentation that is whole, needs no network, and shows what the Markdown says?

    site_test.py SITE        writes the site into the folder SITE
"""
import html.parser
import pathlib
import re
import subprocess
import sys
import unittest

from markdown_it import MarkdownIt

from links_test import is_elsewhere, target_of
from markdown_pages import SOURCE, documentation

SITE = pathlib.Path(sys.argv[1]).resolve()


class SitePage(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids = set()
        self.links = []
        self.loaded = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids |= {values[name] for name in ('id', 'name') if values.get(name)}
        if tag == 'a' and values.get('href'):
            self.links.append(values['href'])
        elif tag in ('img', 'script', 'source', 'iframe') and values.get('src'):
            self.loaded.append(values['src'])
        elif tag == 'link' and values.get('href') and values.get('rel') != 'canonical':
            self.loaded.append(values['href'])


def elements(page):
    """How often each kind of element is there that Markdown makes."""
    return {tag: len(re.findall(f'<{tag}[ >]', page))
            for tag in ('h1', 'h2', 'h3', 'p', 'li', 'table', 'tr', 'pre', 'code', 'img', 'strong', 'em')}


class SiteTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.build = subprocess.run(['/usr/bin/mkdocs', 'build', '--strict', '--clean', '--site-dir', SITE], cwd=SOURCE,
                                   capture_output=True, text=True, check=False)
        # The page that a server shows for what is not there links from the root of the server.
        cls.texts = {page: page.read_text() for page in SITE.rglob('*.html') if page.name != '404.html'}
        cls.pages = {page: SitePage(text) for page, text in cls.texts.items()}

    def test_it_builds_without_a_warning_and_every_page_is_in_the_navigation(self):
        self.assertEqual(self.build.returncode, 0, self.build.stderr)
        self.assertNotIn('WARNING', self.build.stderr)
        left_out = re.findall(r'^  - (\S+)$', self.build.stderr, re.MULTILINE)
        self.assertEqual([page for page in left_out if (SOURCE / 'docs' / page).is_file()], [])

    def test_links_and_anchors_lead_somewhere(self):
        checked = 0
        for page, content in self.pages.items():
            for link in content.links + content.loaded:
                if is_elsewhere(link):
                    continue
                checked += 1
                with self.subTest(page=page.relative_to(SITE), link=link):
                    target, anchor = target_of(page, link)
                    self.assertTrue(target.is_file() and SITE in target.parents)
                    if anchor and target in self.pages:
                        self.assertIn(anchor, self.pages[target].ids)
        self.assertGreater(checked, 0)

    def test_nothing_is_loaded_from_a_network(self):
        for page, content in self.pages.items():
            with self.subTest(page=page.relative_to(SITE)):
                self.assertEqual([link for link in content.loaded if is_elsewhere(link)], [])

    def test_each_page_has_the_paragraphs_lists_and_tables_that_commonmark_makes_of_it(self):
        """mkdocs has another Markdown than GitHub, in which a list that is too close to its text is none."""
        commonmark = MarkdownIt('commonmark').enable('table')
        for source in documentation():
            with self.subTest(page=source.relative_to(SOURCE)):
                docs = SOURCE / 'docs'
                place = source.relative_to(docs if docs in source.parents else SOURCE)
                place = place.with_name('index.html') if place.name == 'README.md' else place.with_suffix('.html')
                page = self.texts[SITE / place]
                article = page[page.index('<article'):page.index('</article>')]
                self.assertEqual(elements(article), elements(commonmark.render(source.read_text())))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
