"""Do GTKWave and its tools read a waveform as it was meant?"""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

CROSSWEAVE = sys.argv[1] if len(sys.argv) > 1 else ''
SOURCE = pathlib.Path(__file__).resolve().parents[2]
RUN = [CROSSWEAVE, 'run', str(SOURCE / 'configs/runs/paper.yaml'), '--quiet', '--set',
       f'architecture={SOURCE}/tests/data/runs/finite-chip.yaml', '--vcd', '--out', 'out']
# The scopes below the chip that a .gtkw's groups are named after, and what GTKWave says of each line that it shows.
READ_BACK = '''
set out [open result.txt w]
gtkwave::setMarker 4000000000
puts $out "end [gtkwave::getMaxTime]"
puts $out "signals [gtkwave::getNumFacs]"
for {set i 0} {$i < [gtkwave::getTotalNumTraces]} {incr i} {
  puts $out "trace [gtkwave::getTraceFlagsFromIndex $i] {[gtkwave::getTraceNameFromIndex $i]} {[gtkwave::getTraceValueAtMarkerFromIndex $i]}"
}
close $out
exit
'''
GROUP_BEGINS = 0x800000
ANALOG_STEP = 0x8000


def changes(vcd):
    """The variables with their paths, and each change of one: (time, path, value)."""
    paths, scope, time, found = {}, [], 0, []
    header, body = vcd.split('$enddefinitions $end')
    for line in header.splitlines():
        words = line.split() or ['']
        if words[0] == '$scope':
            scope.append(words[2])
        elif words[0] == '$upscope':
            scope.pop()
        elif words[0] == '$var':
            paths.setdefault(words[3], []).append('.'.join([*scope, words[4]]))
    for line in body.splitlines():
        words = line.split()
        if not words or line[0] == '$':
            continue
        if line[0] == '#':
            time = int(line[1:])
        elif line[0] in 'bs':
            # Whether numbers are filled up to their width is free.
            value = re.sub('^(?:0+(?=.)|z+(?=z))', '', words[0][1:]) if line[0] == 'b' else words[0][1:]
            found += [(time, path, value) for path in paths[words[1]]]
        else:
            found += [(time, path, line[0]) for path in paths[line[1:]]]
    return sorted({path for of_id in paths.values() for path in of_id}), found


class WaveformTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.work.cleanup)
        subprocess.run(RUN, cwd=cls.work.name, check=True, capture_output=True)

    @property
    def out(self):
        return pathlib.Path(self.work.name) / 'out'

    def test_vcd2fst_reads_all_of_it(self):
        converted = subprocess.run(['vcd2fst', '-v', 'trace.vcd', '-f', 'trace.fst'], cwd=self.out, capture_output=True, text=True, check=True)
        self.assertEqual(converted.stderr, '')
        subprocess.run(['fst2vcd', '-f', 'trace.fst', '-o', 'back.vcd'], cwd=self.out, check=True, capture_output=True)
        variables, ours = changes((self.out / 'trace.vcd').read_text())
        variables_back, back = changes((self.out / 'back.vcd').read_text())
        self.assertEqual(variables_back, variables)
        # fst2vcd says the changes of an instant in another order, and what has no value yet as unknown.
        self.assertEqual({change for change in back if change[2] != 'x'} ^ set(ours), set())
        self.assertGreater(len(ours), 100_000)

    def test_gtkwave_shows_what_the_save_file_lists(self):
        (self.out / 'read_back.tcl').write_text(READ_BACK)
        read, write = os.pipe()
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(subprocess.Popen(
                ['Xvfb', '-displayfd', str(write), '-screen', '0', '1600x1000x24'], pass_fds=[write], stderr=subprocess.DEVNULL))
            stack.callback(server.terminate)
            os.close(write)
            with os.fdopen(read) as pipe:
                display = ':' + pipe.readline().strip()
            shown = subprocess.run(['gtkwave', '--dump', 'trace.vcd', '--save', 'trace.gtkw', '-T', 'read_back.tcl'], cwd=self.out,
                                   env={**os.environ, 'DISPLAY': display, 'HOME': self.work.name}, capture_output=True, text=True,
                                   timeout=120, check=False)
        result = (self.out / 'result.txt').read_text().splitlines()
        variables, ours = changes((self.out / 'trace.vcd').read_text())
        self.assertEqual(result[0], f"end {json.loads((self.out / 'summary.json').read_text())['latency_ps']}", shown.stderr)
        self.assertEqual(result[1], f'signals {len(variables)}')
        traces = [re.fullmatch(r'trace (\d+) {(.*)} {(.*)}', line).groups() for line in result[2:]]
        listed = [line for line in (self.out / 'trace.gtkw').read_text().splitlines() if line and line[0] not in '*[@']
        self.assertEqual(len(traces), len(listed))  # none was dropped for a name that the waveform lacks
        groups = [name.strip() for flags, name, _ in traces if int(flags) & GROUP_BEGINS and not int(flags) & 2 * GROUP_BEGINS]
        self.assertEqual(groups[:3], ['layers', 'tile0', 'tile1'])
        # What the waveform says at the marker, GTKWave says too.
        at_marker = {path: value for time, path, value in ours if time <= 4_000_000_000}
        states = {name: value for _, name, value in traces if name.startswith('conv2d')}
        self.assertEqual(len(states), 21)
        for name, path in re.findall(r'\+\{(conv2d\w*)\} (\S+)', '\n'.join(listed)):
            self.assertEqual(states[name], at_marker[path])
        level = next((flags, value) for flags, name, value in traces if name == 'input_buffer_level')
        self.assertTrue(int(level[0]) & ANALOG_STEP)
        self.assertEqual(int(level[1]), int(at_marker['chip.tile0.input_buffer_level'], 2))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
