"""Do the commands that the documentation shows work, and print what stands there?

    commands_test.py CROSSWEAVE [PAGE...]        CROSSWEAVE_UPDATE_GOLDEN=1 writes outputs that differ into the pages

Each page is worked through from top to bottom by one shell, in a copy of the checkout of its own, with CROSSWEAVE as
build/release/crossweave and on the PATH. CONTRIBUTING.md says how blocks are written.
"""
import concurrent.futures
import dataclasses
import difflib
import filecmp
import os
import pathlib
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

import yaml

from markdown_pages import NOT_SOURCES, SOURCE, blocks, documentation, without_code

UPDATE = 'CROSSWEAVE_UPDATE_GOLDEN' in os.environ
PAGE_TIMEOUT_S = 1500
ELLIPSIS = '...'
# Blocks that hold nothing to run or to check.
SHOWN_LANGUAGES = ('text', 'cpp', 'python', 'cmake')
# What comments in front of a block say.
NOTES = ('not run', 'first', 'exit status', 'with', 'in', 'makes')
LOOKS_LIKE_A_COMMAND = re.compile(r'^(\$ |\./|crossweave |build/|cmake |mkdocs |CROSSWEAVE_)')


@dataclasses.dataclass
class Command:
    line: int              # of the page
    text: str
    expected: list = None  # the lines that the page shows as its output; None: it shows none
    status: int = 0


class PageError(Exception):
    pass


def console(block):
    """The commands of a `console` block: behind `$ `; other lines are output."""
    commands = []
    for offset, line in enumerate(block.lines):
        if line.startswith('$ '):
            commands.append(Command(block.line + offset, line[2:]))
        elif not commands:
            raise PageError(f'{block.line}: a console block begins with "$ "')
        else:
            commands[-1].expected = (commands[-1].expected or []) + [line]
    return commands


def flattened(value, path=''):
    """(dotted key, text) of every value of a mapping."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flattened(inner, f'{path}.{key}' if path else str(key))
    else:
        yield path, yaml.safe_dump(value, default_flow_style=True, width=10**6).removesuffix('...\n').strip()


def yaml_check(block):
    """The command that reads a snippet of YAML."""
    text = '\n'.join(block.lines)
    content = yaml.safe_load(text)
    if not isinstance(content, dict):
        raise PageError(f'{block.line}: no mapping')
    file = shlex.quote(block.title or 'snippet.yaml')
    in_file = f'mkdir -p "$(dirname {file})"; cat > {file} <<\'YAML\'\n{text}\nYAML\n'
    base = block.notes.get('with', 'configs/runs/paper.yaml')
    if 'axes' in content:
        return in_file + f'crossweave sweep {file} --dry-run'
    if 'where' in content:
        return in_file + f"sed '/^where:/,$d' {base} >> {file}\n" + f'crossweave sweep {file} --dry-run'
    if 'layers' in content:
        return in_file + f'crossweave describe {file}'
    if 'crossbar' in content:
        return in_file + f'crossweave check {base} --set architecture={file}'
    if 'architecture' in content and 'network' in content:
        return in_file + f'crossweave check {file}'
    keys = ' '.join('--set ' + shlex.quote(f'{key}={value}') for key, value in flattened(content))
    return f'crossweave check {base} {keys}'


class Page:
    def __init__(self, file):
        self.file = file
        self.name = str(file.relative_to(SOURCE))
        self.commands = []
        self.pictures = []     # (of the page, as the commands make it)
        self.skipped = []      # (line, reason)
        self.snippets = 0
        self.shown = 0
        for block in blocks(file.read_text()):
            self.read(block)

    def read(self, block):
        def add(commands):
            if 'first' in block.notes:
                self.commands.append(Command(block.line, block.notes['first']))
            self.commands += commands
            if 'exit status' in block.notes:
                commands[-1].status = int(block.notes['exit status'])
            if 'makes' in block.notes:
                self.pictures.append(block.notes['makes'].split(' from '))

        for note in block.notes:
            if note not in NOTES and not note.startswith(('begin ', 'end ')):
                raise PageError(f'{block.line}: a comment of no meaning: {note}')
        if 'not run' in block.notes:
            if not block.notes['not run']:
                raise PageError(f'{block.line}: "not run" without a reason')
            self.skipped.append((block.line, block.notes['not run']))
        elif block.language == 'sh':
            add([Command(block.line + offset, line) for offset, line in enumerate(block.lines) if line.strip()])
        elif block.language == 'console':
            add(console(block))
        elif block.language == 'yaml':
            add([Command(block.line, yaml_check(block))])
            self.snippets += 1
        elif block.language == 'sql':
            add([Command(block.line, f"sqlite3 {block.notes['in']} <<'SQL'\n" + '\n'.join(block.lines) + '\nSQL')])
        elif block.language in SHOWN_LANGUAGES:
            if any(LOOKS_LIKE_A_COMMAND.match(line) for line in block.lines):
                raise PageError(f'{block.line}: commands stand in blocks of sh or console')
            self.shown += 1
        else:
            raise PageError(f'{block.line}: a block of "{block.language}" is neither run nor marked as not run')

    def run(self, program):
        """Problems of the page. Runs every command, whatever became of the ones before it."""
        with tempfile.TemporaryDirectory() as work:
            root = pathlib.Path(work) / 'crossweave'
            shutil.copytree(SOURCE, root, ignore=lambda folder, names: shutil.ignore_patterns(*NOT_SOURCES)(folder, names)
                            if pathlib.Path(folder) == SOURCE else {'__pycache__'})
            (root / 'build/release').mkdir(parents=True)
            (root / 'build/release/crossweave').symlink_to(program)
            # run.sh finds everything installed and built.
            (root / '.ci/setup.sh').write_text('build_dir=$root/build/release\nsay() { :; }\nset_up() { :; }\n')
            return self.compare(self.outputs(root)) + self.compare_pictures(root)

    def outputs(self, root):
        """(output, status) of each command, by one shell that begins in `root`."""
        salt = secrets.token_hex(8)
        script = ''.join(f'{command.text}\nprintf "{salt} %s\\n" $?\n' for command in self.commands)
        # Of the variables of a session only these: those of a cluster or of a terminal change what is printed.
        environment = {name: os.environ[name] for name in ('HOME', 'LANG', 'TMPDIR', 'ASAN_OPTIONS') if name in os.environ}
        environment['PATH'] = f'{root}/build/release:/usr/local/bin:/usr/bin:/bin'
        with subprocess.Popen(['bash', '-s'], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=environment, start_new_session=True) as shell:
            try:
                printed, _ = shell.communicate(script, PAGE_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                os.killpg(shell.pid, signal.SIGKILL)
                raise
        parts = re.split(f'{salt} (\\d+)\n', printed)
        results = list(zip(parts[0::2], map(int, parts[1::2])))
        if len(results) != len(self.commands):
            raise PageError(f'{self.commands[len(results)].line}: the shell ended: {parts[-1]}')
        return results

    def compare(self, results):
        problems = []
        updates = []
        for command, (output, status) in zip(self.commands, results):
            lines = output.removesuffix('\n').split('\n')
            place = f'{self.name}:{command.line}: {command.text}'
            if status != command.status:
                problems.append(f'{place}\n  status {status}, expected {command.status}\n' + output)
            elif command.expected is None or agree(command.expected, lines):
                continue
            elif UPDATE and ELLIPSIS not in command.expected:
                updates.append((command, lines))
            else:
                difference = '\n'.join(difflib.unified_diff(command.expected, lines, 'in the page', 'printed', lineterm=''))
                problems.append(f'{place}\n{difference}\n')
        if updates:
            page = self.file.read_text().split('\n')
            for command, lines in reversed(updates):
                page[command.line:command.line + len(command.expected)] = lines
            self.file.write_text('\n'.join(page))
        return problems

    def compare_pictures(self, root):
        problems = []
        for picture, made in self.pictures:
            if UPDATE and (root / made).is_file():
                shutil.copyfile(root / made, SOURCE / picture)
            if not (root / made).is_file() or not filecmp.cmp(root / made, SOURCE / picture, shallow=False):
                problems.append(f'{self.name}: {picture} is not what the page makes as {made}')
        return problems


def agree(expected, lines):
    """Whether these are the expected lines, of which `...` stands for any number of lines."""
    pattern = ''.join('(?:.*\n)*' if line == ELLIPSIS else re.escape(line) + '\n' for line in expected)
    return re.fullmatch(pattern, '\n'.join(lines) + '\n') is not None


def help_of(program):
    """What --help says of each command."""
    def text(*command):
        return subprocess.run([program, *command, '--help'], stdout=subprocess.PIPE, text=True, check=True).stdout

    names = re.findall(r'^  ([a-z]+) ', text().partition('Subcommands:')[2], re.M)
    return {name: text(name) for name in names}


def undocumented(commands):
    """The commands of the program whose --help stands on no page."""
    page = (SOURCE / 'docs/command-line.md').read_text()
    return [f'docs/command-line.md: the command {name} is missing' for name in commands
            if f'$ crossweave {name} --help\n' not in page]


def wrong_in_text(file, commands):
    """Commands within a page's text, with placeholders for files, are not run; but do the command and its options exist?"""
    problems = []
    for name, arguments in re.findall(r'`crossweave ([a-z]+)\b([^`\n]*)`', without_code(file.read_text())):
        options = re.findall(r'(?<!\S)(--?[a-z][a-z-]*)', arguments)
        known = re.split(r'[\s,]+', commands.get(name, ''))
        problems += [f'{file.relative_to(SOURCE)}: `crossweave {name}{arguments}`: no {word}'
                     for word in ([name] if name not in commands else [each for each in options if each not in known])]
    return problems


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    files = [SOURCE / name for name in sys.argv[2:]] or documentation()
    commands = help_of(program)
    problems = undocumented(commands)
    for file in files:
        problems += wrong_in_text(file, commands)
    pages = []
    for file in files:
        try:
            pages.append(Page(file))
        except (PageError, yaml.YAMLError) as error:
            problems.append(f'{file.relative_to(SOURCE)}:{error}')

    def run(page):
        try:
            return page.run(program)
        except (PageError, subprocess.TimeoutExpired) as error:
            return [f'{page.name}:{error}']

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for found in pool.map(run, pages):
            problems += found
    for page in pages:
        for line, reason in page.skipped:
            print(f'{page.name}:{line}: not run: {reason}')
    for problem in problems:
        print(problem)
    ran = sum(len(page.commands) - page.snippets for page in pages)
    print(f'{len(pages)} pages: {ran} commands run, {sum(page.snippets for page in pages)} YAML snippets checked, '
          f'{sum(len(page.skipped) for page in pages)} blocks not run, {sum(page.shown for page in pages)} only shown, '
          f'{len(problems)} problems')
    sys.exit(1 if problems or not ran else 0)


if __name__ == '__main__':
    main()
