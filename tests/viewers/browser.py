"""Headless Chromium, driven by Selenium: Debian's chromium, chromium-driver and python3-selenium."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

CROSSWEAVE = sys.argv[1] if len(sys.argv) > 1 else ''
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def crossweave(directory, *arguments, status=0):
    """Runs the program; returns what it says on stdout."""
    done = subprocess.run([CROSSWEAVE, *arguments], cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == status, f'status {done.returncode}: {done.stderr}'
    return done.stdout


class PageTest(unittest.TestCase):
    """A browser and a directory for all tests of a class. After each test, the page must not have complained."""

    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.work.cleanup)
        options = Options()
        options.binary_location = '/usr/bin/chromium'
        for switch in ('--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-sync',
                       '--disable-background-networking', '--disable-component-update', '--window-size=1300,1000'):
            options.add_argument(switch)
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
        cls.browser = webdriver.Chrome(service=Service('/usr/bin/chromedriver'), options=options)
        cls.addClassCleanup(cls.browser.quit)

    def tearDown(self):
        self.assertEqual(self.browser.get_log('browser'), [])
        self.assertEqual(self.js('return performance.getEntriesByType("resource").length'), 0, 'the page needs a network')

    @property
    def directory(self):
        return pathlib.Path(self.work.name)

    def js(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def open(self, file):
        self.assertLess(file.stat().st_size, 5_000_000)
        self.browser.get(file.as_uri())
        self.settle()

    def settle(self):
        """Waits until the page has drawn what it was to draw."""
        self.browser.execute_async_script(
            'const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()));')

    def find(self, selector):
        return self.browser.find_element('css selector', selector)

    def find_all(self, selector):
        return self.browser.find_elements('css selector', selector)

    def text(self, selector):
        return self.find(selector).text


def main():
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
