"""Does an editor with a YAML language server know our files by the schemas that they name?

language_server_test.py DIRECTORY: installs yaml-language-server there from npm and talks to it over stdio. Exits with 77,
and says why, where it cannot be installed.
"""
import json
import pathlib
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DIRECTORY = pathlib.Path(sys.argv[1])
PACKAGE = 'yaml-language-server@1.25.0'
SKIPPED = 77


def install():
    """The program of the server."""
    server = DIRECTORY / 'node_modules' / 'yaml-language-server' / 'bin' / 'yaml-language-server'
    if server.exists():
        return server
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', PACKAGE], cwd=DIRECTORY,
                              capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as reason:
        print(f'no yaml-language-server: {reason}')
        sys.exit(SKIPPED)
    if done.returncode != 0:
        print(f'no yaml-language-server: {done.stderr}')
        sys.exit(SKIPPED)
    return server


class Server:
    """A language server: requests and notifications as JSON-RPC over its stdin and stdout."""

    def __init__(self, program):
        self.process = subprocess.Popen(['node', program, '--stdio'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.next_id = 0
        self.diagnostics = {}
        self.request('initialize', {'processId': None, 'rootUri': SOURCE.as_uri(), 'capabilities': {}})
        self.send({'method': 'initialized', 'params': {}})

    def close(self):
        self.request('shutdown', None)
        self.send({'method': 'exit'})
        self.process.wait(10)
        self.process.stdin.close()
        self.process.stdout.close()

    def send(self, message):
        body = json.dumps({'jsonrpc': '2.0', **message}).encode()
        self.process.stdin.write(b'Content-Length: %d\r\n\r\n' % len(body) + body)
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while (line := self.process.stdout.readline().strip()):
            name, value = line.split(b':')
            if name.lower() == b'content-length':
                length = int(value)
        message = json.loads(self.process.stdout.read(length))
        if message.get('method') == 'textDocument/publishDiagnostics':
            self.diagnostics[message['params']['uri']] = message['params']['diagnostics']
        elif 'method' in message and 'id' in message:
            # What it asks of an editor: of its settings it gets the defaults.
            items = (message.get('params') or {}).get('items', [])
            self.send({'id': message['id'], 'result': [None] * len(items) if items else None})
        return message

    def request(self, method, params):
        self.next_id += 1
        self.send({'id': self.next_id, 'method': method, 'params': params})
        while True:
            message = self.receive()
            if message.get('id') == self.next_id and 'method' not in message:
                assert 'error' not in message, message
                return message['result']

    def open(self, path, text):
        """Opens a document and returns what the server complains about."""
        uri = path.as_uri()
        self.diagnostics.pop(uri, None)
        self.send({'method': 'textDocument/didOpen',
                   'params': {'textDocument': {'uri': uri, 'languageId': 'yaml', 'version': 1, 'text': text}}})
        while uri not in self.diagnostics:
            self.receive()
        return [problem['message'] for problem in self.diagnostics[uri]]

    def at(self, path, line, character):
        return {'textDocument': {'uri': path.as_uri()}, 'position': {'line': line, 'character': character}}


class EditorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(install())
        cls.addClassCleanup(cls.server.close)

    def open_new(self, folder, name, text):
        path = SOURCE / 'configs' / folder / name
        kind = {'runs': 'run', 'sweeps': 'sweep', 'architectures': 'arch', 'networks': 'network', 'dram': 'dram'}[folder]
        text = f'# yaml-language-server: $schema=../schemas/{kind}.json\n{text}'
        return path, text, self.server.open(path, text)

    def test_files_that_we_ship_are_right(self):
        count = 0
        for folder in ('architectures', 'dram', 'networks', 'runs', 'sweeps'):
            for path in sorted((SOURCE / 'configs' / folder).glob('*.yaml')):
                with self.subTest(path.name):
                    self.assertEqual(self.server.open(path, path.read_text()), [])
                    count += 1
        self.assertGreater(count, 15)

    def test_mistakes_are_marked(self):
        _, _, problems = self.open_new('runs', 'unsaved.yaml', 'architecture: a.yaml\nmapping: {extra_pe: 3}\n')
        self.assertTrue(any('extra_pe' in problem for problem in problems), problems)
        self.assertTrue(any('network' in problem for problem in problems), problems)
        _, _, problems = self.open_new('sweeps', 'unsaved.yaml',
                                       'base: run.yaml\naxes:\n  mapping.extra_pes: {from: 0, to: 4}\n')
        self.assertEqual(len(problems), 1, problems)
        _, _, problems = self.open_new('architectures', 'unsaved.yaml',
                                       'crossbar: {rows: 256, columns: 256, mvm_latency: 1400}\n')
        self.assertTrue(any('Incorrect type' in problem for problem in problems), problems)

    def test_keys_are_completed(self):
        path, text, _ = self.open_new('runs', 'unsaved-keys.yaml', 'architecture: a.yaml\nmapping:\n  dup\n')
        lines = text.splitlines()
        completion = self.server.request('textDocument/completion', self.server.at(path, len(lines) - 1, 5))
        self.assertIn('duplication', [item['label'] for item in completion['items']])

    def test_words_are_completed(self):
        path, text, _ = self.open_new('runs', 'unsaved-words.yaml', 'mapping:\n  duplication: \n')
        lines = text.splitlines()
        completion = self.server.request('textDocument/completion', self.server.at(path, len(lines) - 1, 15))
        self.assertIn('bottleneck', [item['label'] for item in completion['items']])

    def test_meanings_are_shown(self):
        path, text, _ = self.open_new('runs', 'unsaved-meaning.yaml', 'mapping:\n  extra_pes: 4\n')
        hover = self.server.request('textDocument/hover', self.server.at(path, len(text.splitlines()) - 1, 5))
        self.assertIn('PEs beyond the minimum', hover['contents']['value'])


if __name__ == '__main__':
    install()
    unittest.main(argv=[sys.argv[0], '-v'])
