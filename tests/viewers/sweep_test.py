"""Does report.html of a sweep show, in a browser, what its database says; by pointer and by keyboard, on screen and paper?"""
import base64
import csv
import shlex
import sqlite3
import subprocess

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

import browser
from browser import SOURCE, PageTest, crossweave, main

# Two networks; of each four points a place: two complete, one runs out of time, one does not fit.
SWEEP = f'''
base:
  architecture: {SOURCE}/configs/architectures/paper.yaml
  include_top: false
axes:
  benchmark:
    points:
      v4: {{network: {SOURCE}/configs/networks/tinyyolov4.yaml, input_shape: [416, 416, 3]}}
      v3: {{network: {SOURCE}/configs/networks/tinyyolov3.yaml, input_shape: [416, 416, 3]}}
  mapping.extra_pes: [0, 8, 16, 32]
  kind:
    points:
      plain: {{mapping.duplication: none}}
      copied: {{mapping.duplication: bottleneck}}
      short: {{simulation.time_limit: 3 us}}
      tiny: {{architecture.chip.tiles: 1, architecture.tile.pes: 2}}
'''
SMALL = '''name: small
input: [8, 8, 3]
layers:
  - {op: conv, filters: 8, kernel: 3, padding: same}
'''
SMALL_BASE = f'''
base:
  architecture: {SOURCE}/configs/architectures/paper.yaml
  network: small.yaml
axes:
'''
# Points: in segments, in segments and out of time, whole, whole and out of time.
SEGMENTS = f'''
base:
  architecture: {SOURCE}/configs/architectures/paper-mesh.yaml
  network: two.yaml
  mapping: {{rewrite: allow}}
axes:
  mapping.pes: [1, 2]
  simulation.time_limit: [10 s, 3 us]
'''
FRONT = '''
  SELECT point FROM runs a WHERE outcome = 'completed' AND NOT EXISTS (
    SELECT 1 FROM runs b WHERE b.outcome = 'completed' AND b."network.name" = a."network.name"
      AND b.pes <= a.pes AND b.latency_ps <= a.latency_ps AND (b.pes < a.pes OR b.latency_ps < a.latency_ps))
  ORDER BY point'''
DOTS = '''
  const chart = charts[arguments[0]];
  return chart.dots.filter((dot) => chart.visible(dot)).map((dot) => {
    const share = [(dot.x - chart.left) / (chart.right - chart.left), (chart.bottom - dot.y) / (chart.bottom - chart.top)];
    return [dot.point, chart.x.value(share[0]), chart.y.value(share[1])];
  });'''


class SweepPages(PageTest):
    def sweep(self, text, out):
        """Once for all tests of a class."""
        if not (self.directory / out).exists():
            (self.directory / 'small.yaml').write_text(SMALL)
            (self.directory / f'{out}.yaml').write_text(text)
            crossweave(self.work.name, 'sweep', f'{out}.yaml', '--quiet', '--out', out)
        self.out = self.directory / out
        with open(self.out / 'sweep.csv', encoding='utf-8') as file:
            self.rows = list(csv.DictReader(file))
        self.open(self.out / 'report.html')

    def query(self, sql):
        database = sqlite3.connect(self.out / 'sweep.db')
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def points(self, condition):
        return [point for point, in self.query(f'SELECT point FROM runs WHERE {condition} ORDER BY point')]

    def select(self, label):
        return Select(next(choice for choice in self.find_all('label') if choice.text.split('\n')[0] == label)
                      .find_element('css selector', 'select'))

    def table(self, section):
        """The point numbers of the rows of a section's table."""
        return self.js('''
            return [...document.getElementById(arguments[0]).parentElement.querySelectorAll('tr[data-point]')]
              .map((row) => Number(row.dataset.point));''', section)

    def at(self, chart, point):
        """Selenium's place of a point in a chart, which is brought to the middle of the screen."""
        canvas = self.find_all('.scatter canvas')[chart]
        self.js('arguments[0].scrollIntoView({block: "center"})', canvas)
        x, y = self.js('const dot = charts[arguments[0]].dots.find((one) => one.point === arguments[1]); return [dot.x, dot.y]', chart, point)
        return canvas, x - canvas.size['width'] / 2, y - canvas.size['height'] / 2

    def drag(self, canvas, begin, end):
        """Between places that are counted from the top left."""
        self.js('arguments[0].scrollIntoView({block: "center"})', canvas)
        middle = canvas.size['width'] / 2, canvas.size['height'] / 2
        ActionChains(self.browser).move_to_element_with_offset(canvas, begin[0] - middle[0], begin[1] - middle[1]) \
            .click_and_hold().move_by_offset(int(end[0] - begin[0]), int(end[1] - begin[1])).release().perform()
        self.settle()


class SweepPageTest(SweepPages):
    """Of a sweep of two networks in which points fail."""

    def setUp(self):
        self.sweep(SWEEP, 'two networks')
        self.done = self.points("outcome = 'completed'")

    def test_the_summary_counts_points_and_has_the_best_of_each_network(self):
        cards = {card.text.split('\n')[1]: card.text.split('\n')[0] for card in self.find_all('.card')}
        self.assertEqual(cards, {'points': '32', 'completed': '16', 'failed': '8', 'ended unfinished': '8'})
        best = self.query('''SELECT "network.name", count(*), min(pes), max(speedup), min(latency_ps), max(utilization)
                             FROM runs WHERE outcome = 'completed' GROUP BY 1 ORDER BY min(point)''')
        rows = self.find_all('#summary ~ .scroll tbody tr')
        self.assertEqual(len(rows), 2)
        for row, (network, count, pes, speedup, latency, utilization) in zip(rows, best):
            cells = [cell.text.split(' point')[0] for cell in row.find_elements('css selector', 'td')]
            self.assertEqual(cells[:4], [network, str(count), str(pes), f'{speedup:.3f}\u00d7'])
            self.assertEqual(cells[4].split(' ')[1], 'ms')
            self.assertAlmostEqual(float(cells[4].split(' ')[0]), latency / 1e9, places=3)
            self.assertEqual(cells[5], f'{100 * utilization:.2f} %')

    def test_figures_are_drawn_where_the_database_has_them(self):
        for figure, column, scale in (('speedup', 'speedup', 1), ('utilization', 'utilization', 100), ('latency_ps', 'latency_ps', 1e-9), ('sets', 'sets', 1)):
            self.select('figure').select_by_value(figure)
            dots = self.js(DOTS, 0)
            self.assertEqual(sorted(point for point, _, _ in dots), self.done)
            for point, x, y in dots:
                self.assertAlmostEqual(x, float(self.rows[point]['mapping.extra_pes']), delta=0.01)
                self.assertAlmostEqual(y / (scale * float(self.rows[point][column])), 1, delta=1e-5)
        # A line joins points of one network and kind.
        lines = self.js('return charts[0].drawn.series.flatMap((series) => series.chains)')
        self.assertEqual(sorted(lines), sorted([point for point in self.done if self.rows[point]['benchmark'] == network and self.rows[point]['kind'] == kind]
                                               for network in ('v4', 'v3') for kind in ('plain', 'copied')))
        # Against a figure that one axis alone makes, they still do.
        self.select('against').select_by_value('pes')
        self.assertEqual(sorted(self.js('return charts[0].drawn.series.flatMap((series) => series.chains)')), sorted(lines))
        for point, x, _ in self.js(DOTS, 0):
            self.assertAlmostEqual(x, int(self.rows[point]['pes']), delta=0.01)
        # Against texts, in the order of the file.
        self.select('against').select_by_value('axis 2')
        for point, x, _ in self.js(DOTS, 0):
            self.assertAlmostEqual(x, ['plain', 'copied'].index(self.rows[point]['kind']), delta=0.01)

    def test_the_best_of_a_colour_and_mark_are_joined(self):
        self.select('marks').select_by_value('')
        self.select('lines').select_by_value('best')
        best = self.query('''SELECT point, max(speedup) FROM runs WHERE outcome = 'completed'
                             GROUP BY "network.name", "mapping.extra_pes" ORDER BY point''')
        lines = self.js('return charts[0].drawn.series.flatMap((series) => series.chains ?? [])')
        self.assertEqual(len(lines), 2)
        self.assertEqual(sorted(self.rows[point]['speedup'] for line in lines for point in line), sorted(self.rows[point]['speedup'] for point, _ in best))
        # Of latencies the least.
        self.select('figure').select_by_value('latency_ps')
        lines = self.js('return charts[0].drawn.series.flatMap((series) => series.chains ?? [])')
        least = self.query('''SELECT min(latency_ps) FROM runs WHERE outcome = 'completed' GROUP BY "network.name", "mapping.extra_pes"''')
        self.assertEqual(sorted(int(self.rows[point]['latency_ps']) for line in lines for point in line), sorted(value for value, in least))

    def test_the_front_of_each_network_is_that_of_the_documented_query(self):
        front = [point for point, in self.query(FRONT)]
        self.assertEqual(sorted(self.js('return [...onFront]')), front)
        self.assertEqual(sorted(self.table('pareto')), front)
        for chain in self.js('return charts[1].drawn.series.flatMap((series) => series.chains ?? [])'):
            self.assertEqual(len({self.rows[point]['network.name'] for point in chain}), 1)
        for point, x, y in self.js(DOTS, 1):
            self.assertAlmostEqual(x, int(self.rows[point]['pes']), delta=0.01)
            self.assertAlmostEqual(y / (int(self.rows[point]['latency_ps']) / 1e9), 1, delta=1e-5)
        # One network alone.
        self.select('network').select_by_visible_text('tinyyolov3')
        own = self.points("\"network.name\" = 'tinyyolov3' AND outcome = 'completed'")
        for chart in (0, 1):
            self.assertEqual(sorted(point for point, _, _ in self.js(DOTS, chart)), own)
        self.assertEqual(sorted(self.table('pareto')), [point for point in front if point in own])

    def test_a_point_says_what_it_is_and_how_to_run_it(self):
        point = self.points("benchmark = 'v4' AND kind = 'copied' AND \"mapping.extra_pes\" = 32")[0]
        place = self.at(0, point)
        ActionChains(self.browser).move_to_element_with_offset(*place).perform()
        self.assertTrue(self.text('.tip').startswith(f'point {point}\nbenchmark: tinyyolov4\nmapping.extra_pes: 32\nkind: copied'), self.text('.tip'))
        ActionChains(self.browser).move_to_element_with_offset(*place).click().perform()
        self.assertEqual(self.text('#chosen h3'), f'Point {point}: completed, on the Pareto front')
        cells = {row.find_element('css selector', 'th').text: row.find_element('css selector', 'td').text for row in self.find_all('#chosen tr')}
        self.assertEqual(cells['mapping.extra_pes'], '32')
        self.assertEqual(cells['pes'], self.rows[point]['pes'])
        self.assertEqual(cells['latency_cycles'].replace('\u202f', ''), str(round(float(self.rows[point]['latency_cycles']), 3)).removesuffix('.0'))
        self.assertEqual(cells['duplicates'], self.rows[point]['duplicates'])
        resolved, = self.query(f'SELECT resolved FROM configs JOIN points USING (config_hash) WHERE point = {point}')
        self.assertEqual(self.text('#chosen .config').strip(), resolved[0].strip())
        # The command writes the page that the link leads to.
        command = shlex.split(self.text('#chosen .command'))
        self.assertEqual(command[:2], ['crossweave', 'run'])
        subprocess.run([browser.CROSSWEAVE, *command[1:], '--quiet'], cwd=self.work.name, check=True, capture_output=True)
        self.find('#chosen a').click()
        self.settle()
        self.assertEqual(self.js('return [summary.config_hash, summary.latency_ps]'), [self.rows[point]['config_hash'], int(self.rows[point]['latency_ps'])])

    def test_points_without_a_result_say_why(self):
        reasons = {row.find_elements('css selector', 'td')[1].text: int(row.find_element('css selector', 'td').text) for row in self.find_all('#failures + .scroll tbody tr')}
        errors = dict(self.query('SELECT error, count(*) FROM runs WHERE error IS NOT NULL GROUP BY 1'))
        self.assertEqual({reason: count for reason, count in reasons.items() if not reason.startswith('time_limit')}, errors)
        self.assertEqual(sum(reasons.values()), 16)
        self.select('show').select_by_value('bad')
        self.assertEqual(self.table('points'), self.points("outcome IS NOT 'completed'"))
        failed = self.points('error IS NOT NULL')[0]
        self.find(f'#points ~ .scroll tr[data-point="{failed}"] button').click()
        self.assertEqual(self.text('#chosen h3'), f'Point {failed}: failed')
        self.assertEqual(self.text('#chosen .waiting'), self.rows[failed]['error'])
        short = self.points("outcome = 'time_limit'")[0]
        self.find(f'#points ~ .scroll tr[data-point="{short}"] button').click()
        self.assertEqual(self.text('#chosen h3'), f'Point {short}: time_limit')
        self.assertGreater(len(self.text('#chosen .waiting')), 10)

    def test_dragging_zooms_and_a_double_click_shows_all(self):
        canvas = self.find_all('.scatter canvas')[0]
        left, right, top, bottom = self.js('const chart = charts[0]; return [chart.left, chart.right, chart.top, chart.bottom]')
        full = self.js('return [charts[0].x.from, charts[0].x.to]')
        self.drag(canvas, (left + (right - left) / 2, top + 5), (right - 1, bottom - 5))
        begin, end = self.js('return [charts[0].x.from, charts[0].x.to]')
        self.assertAlmostEqual(begin, (full[0] + full[1]) / 2, delta=0.3)
        self.assertAlmostEqual(end, full[1], delta=0.3)
        self.assertTrue(all(float(self.rows[point]['mapping.extra_pes']) > begin for point, _, _ in self.js(DOTS, 0)))
        ActionChains(self.browser).move_to_element_with_offset(canvas, 0, 60).double_click().perform()
        self.assertEqual(self.js('return [charts[0].x.from, charts[0].x.to]'), full)
        # A colour that is pressed is hidden.
        self.find('.legend button').click()
        self.assertEqual(sorted(point for point, _, _ in self.js(DOTS, 0)), self.points("benchmark = 'v3' AND outcome = 'completed'"))
        self.assertEqual(self.find('.legend button').get_attribute('aria-pressed'), 'false')

    def test_a_brush_keeps_points_in_all_views(self):
        canvas = self.find('.parallel canvas')
        index, top, bottom, x = self.js('''
            const index = parallel.variables.findIndex((variable) => variable.name === 'speedup');
            return [index, parallel.top, parallel.bottom, parallel.placeOf(index)];''')
        self.drag(canvas, (x, top), (x, (top + bottom) / 2))
        low, high = self.js('return brushes.get("speedup")')
        kept = self.points(f"outcome = 'completed' AND speedup BETWEEN {low} AND {high}")
        self.assertTrue(0 < len(kept) < len(self.done))
        self.assertIn(f'{len(kept)} of 16 points are kept: speed-up (times layer by layer)', self.text('.parallel + .readout'))
        for chart in (0, 1):
            self.assertEqual(sorted(point for point, _, _ in self.js(DOTS, chart)), kept)
        self.assertEqual(self.table('points'), kept)
        # A second one, on an axis; then a click takes the first away.
        self.js('parallel.brush(parallel.variables.find((variable) => variable.name === "mapping.extra_pes"), [8, 16])')
        self.assertEqual(self.table('points'), [point for point in kept if self.rows[point]['mapping.extra_pes'] in ('8', '16')])
        ActionChains(self.browser).move_to_element_with_offset(canvas, x - canvas.size['width'] / 2, (top + bottom) / 2 - canvas.size['height'] / 2).click().perform()
        self.assertEqual(self.table('points'), self.points("outcome = 'completed' AND \"mapping.extra_pes\" IN (8, 16)"))
        next(button for button in self.find_all('button') if button.text == 'Keep all').click()
        self.assertEqual(len(self.table('points')), 32)
        # A click on a line chooses its point.
        point, x, y = self.js('''
            const point = arguments[0];
            const [a, b] = [parallel.variables.length - 2, parallel.variables.length - 1].map((i) => [parallel.placeOf(i), parallel.y(parallel.scales[i], parallel.variables[i].at(point))]);
            return [point, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2];''', self.query("SELECT point, max(speedup) FROM runs WHERE outcome = 'completed'")[0][0])
        ActionChains(self.browser).move_to_element_with_offset(canvas, x - canvas.size['width'] / 2, y - canvas.size['height'] / 2).click().perform()
        self.assertTrue(self.text('#chosen h3').startswith(f'Point {point}: '))

    def test_keys_reach_and_move_everything(self):
        canvas = self.find_all('.scatter canvas')[0]
        canvas.send_keys(Keys.ARROW_RIGHT)
        first = self.js('return charts[0].cursor')
        self.assertEqual(self.rows[first]['mapping.extra_pes'], '0')
        canvas.send_keys(Keys.ARROW_RIGHT)
        second = self.js('return charts[0].cursor')
        self.assertEqual(self.rows[second]['mapping.extra_pes'], '8')
        self.assertIn(f'point {second}', self.text('.scatter + .readout'))
        seen = set()
        canvas.send_keys(*[Keys.ARROW_UP] * 5)
        for _ in range(6):
            seen.add(self.js('return charts[0].cursor'))
            canvas.send_keys(Keys.ARROW_DOWN)
        self.assertEqual(sorted(seen), self.points("outcome = 'completed' AND \"mapping.extra_pes\" = 8"))
        canvas.send_keys(Keys.ENTER)
        self.assertTrue(self.find('#chosen').is_displayed())
        canvas.send_keys(Keys.ESCAPE)
        self.assertFalse(self.find('#chosen').is_displayed())
        full = self.js('return charts[0].x.to - charts[0].x.from')
        canvas.send_keys('+')
        self.assertAlmostEqual(self.js('return charts[0].x.to - charts[0].x.from'), full / 2, places=6)
        canvas.send_keys(Keys.HOME)
        self.assertEqual(self.js('return charts[0].x.to - charts[0].x.from'), full)
        # Brushes: of the second scale the last value, then the last two.
        lines = self.find('.parallel canvas')
        lines.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
        self.assertEqual(self.table('points'), self.points("outcome = 'completed' AND \"mapping.extra_pes\" = 32"))
        lines.send_keys(Keys.ARROW_DOWN)
        lines.send_keys(Keys.SHIFT, Keys.ARROW_UP)
        self.assertEqual(self.table('points'), self.points("outcome = 'completed' AND \"mapping.extra_pes\" IN (16, 32)"))
        lines.send_keys(Keys.DELETE)
        self.assertEqual(len(self.table('points')), 32)
        # Tab goes on to all that can be worked with, without a trap; a button keeps the focus when it is pressed.
        reached = []
        self.js('document.querySelector("nav a").focus()')
        for _ in range(250):
            self.browser.switch_to.active_element.send_keys(Keys.TAB)
            name = self.js('const at = document.activeElement; return at.tagName + " " + (at.getAttribute("aria-label") ?? at.textContent).slice(0, 20)')
            if name.startswith('BODY'):
                break
            reached.append(name)
            if name == 'BUTTON Point 4':
                self.browser.switch_to.active_element.send_keys(Keys.ENTER)
                self.assertEqual(self.js('return document.activeElement.getAttribute("aria-label")'), 'Point 4')
        for expected in ('SELECT', 'CANVAS Points against an', 'CANVAS PEs against late', 'CANVAS Parallel', 'BUTTON speed-up', 'BUTTON Point 31', 'BUTTON Next', 'A runs/4/report.html'):
            self.assertTrue(any(name.startswith(expected[:27]) for name in reached), (expected, reached))

    def test_the_table_of_points_sorts(self):
        heading = next(button for button in self.find_all('#points ~ .scroll th button') if button.text == 'speed-up')
        heading.click()
        ordered = [point for point, in self.query('SELECT point FROM runs ORDER BY speedup IS NULL, speedup DESC, point')]
        self.assertEqual(self.table('points'), ordered)
        heading.click()
        self.assertEqual(self.table('points'), [point for point, in self.query('SELECT point FROM runs ORDER BY speedup IS NULL, speedup, point')])

    def test_dark_when_wished_for_and_light_on_paper(self):
        ground = 'return getComputedStyle(document.body).backgroundColor'
        pixel = '''
            const own = charts[1].dots.find((dot) => onFront.has(dot.point));
            const copy = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
            copy.drawImage(charts[1].canvas, -own.x * devicePixelRatio, -own.y * devicePixelRatio);
            return [...copy.getImageData(0, 0, 1, 1).data].slice(0, 3);'''
        light = self.js(pixel)
        dark = {'features': [{'name': 'prefers-color-scheme', 'value': 'dark'}]}
        self.browser.execute_cdp_cmd('Emulation.setEmulatedMedia', dark)
        self.addCleanup(self.browser.execute_cdp_cmd, 'Emulation.setEmulatedMedia', {'features': []})
        self.settle()
        self.assertEqual(self.js(ground), 'rgb(18, 22, 28)')
        self.assertNotEqual(self.js(pixel), light)
        self.js('window.printed = []; window.addEventListener("beforeprint", () => { window.printed = [getComputedStyle(document.body).backgroundColor, (() => {%s})()]; })' % pixel)
        pdf = base64.b64decode(self.browser.execute_cdp_cmd('Page.printToPDF', {'printBackground': True})['data'])
        self.assertTrue(pdf.startswith(b'%PDF'))
        self.assertEqual(self.js('return window.printed'), ['rgb(255, 255, 255)', light])
        self.assertEqual(self.js(ground), 'rgb(18, 22, 28)')


class OtherSweepsTest(SweepPages):
    def test_1000_points_are_there_in_full(self):
        self.sweep(SMALL_BASE + '  mapping.extra_pes: {from: 0, to: 99, step: 1}\n'
                   '  architecture.crossbar.mvm_latency: {from: 100 ns, to: 1 us, step: 100 ns}\n', 'thousand')
        self.assertEqual(len(self.js(DOTS, 0)), 1000)
        self.assertEqual(len(self.table('points')), 50)
        self.find('#points ~ .scroll p button').click()
        self.assertEqual(self.table('points'), list(range(100)))
        resolved, = self.query('SELECT resolved FROM configs JOIN points USING (config_hash) WHERE point = 999')
        self.js('select(999)')
        self.assertEqual(self.text('#chosen .config').strip(), resolved[0].strip())

    def test_more_than_5000_points_have_their_main_figures(self):
        self.sweep(SMALL_BASE + '  mapping.extra_pes: {from: 0, to: 50, step: 1}\n'
                   '  architecture.crossbar.mvm_latency: {from: 10 ns, to: 1 us, step: 10 ns}\n', 'many')
        self.assertEqual(self.js('return DATA.points'), 5100)
        self.assertIn('the page holds the main figures', self.text('main'))
        self.assertEqual(sorted(self.js('return [...onFront]')), [point for point, in self.query(FRONT)])
        self.assertIn('5 100 points, of which 4 000 are drawn', self.text('.parallel + .readout').replace('\u202f', ' '))
        self.js('select(5099)')
        self.assertIn(self.rows[5099]['pes'], self.text('#chosen'))

    def test_a_sweep_without_a_completed_point_says_so(self):
        self.sweep(SMALL_BASE + '  architecture.chip.tiles: [1]\n  architecture.tile.pes: [1]\n  mapping.extra_pes: [1, 2]\n', 'none')
        self.assertIn('No point has completed', self.text('main'))
        self.assertEqual(len(self.find_all('canvas')), 0)
        self.assertEqual(self.table('points'), [0, 1])

    def test_a_sweep_of_one_point_has_its_pictures(self):
        self.sweep(SMALL_BASE + '  mapping.extra_pes: [1]\n', 'one')
        self.assertEqual(len(self.js(DOTS, 0)), 1)
        # Parallel scales need something that varies.
        self.assertEqual(len(self.find_all('canvas')), 2)
        for canvas in self.find_all('canvas'):
            canvas.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_UP, Keys.DELETE, Keys.HOME)

    def test_numbers_that_are_zipped_with_networks_stay_numbers(self):
        (self.directory / 'other.yaml').write_text(SMALL.replace('small', 'other'))
        self.sweep(SMALL_BASE + '  nets:\n    zip:\n      network: [other.yaml, small.yaml]\n      mapping.pes: [40, 20]\n', 'zipped')
        self.assertEqual(self.js('return axes.map((variable) => done.map(variable.text))'), [['other', 'small'], ['40', '20']])

    def sweep_of_segments(self):
        (self.directory / 'two.yaml').write_text(SMALL + SMALL.splitlines()[-1] + '\n')
        self.sweep(SEGMENTS, 'segments')

    def test_a_point_in_segments_has_the_page_of_each(self):
        self.sweep_of_segments()
        for point, pages in enumerate(([f'runs/0/segment_{i}/report.html' for i in (1, 2)], [], ['runs/2/report.html'], ['runs/3/report.html'])):
            self.js('select(arguments[0])', point)
            self.assertEqual([link.text for link in self.find_all('#chosen a')], pages)
            if pages:
                command = shlex.split(self.text('#chosen .command'))
                subprocess.run([browser.CROSSWEAVE, *command[1:], '--quiet'], cwd=self.work.name, check=False, capture_output=True)
            for page in pages:
                self.assertTrue((self.out / page).exists(), page)

    def test_what_has_no_such_figure_is_in_no_line(self):
        self.sweep_of_segments()
        self.select('figure').select_by_value('write_ps')
        having = self.points("outcome = 'completed' AND write_ps IS NOT NULL")
        for lines in ('all', 'best'):
            self.select('lines').select_by_value(lines)
            self.assertEqual(sorted(self.js('return charts[0].drawn.series.flatMap((series) => series.chains ?? []).flat()')), having)

    def test_names_of_points_that_are_names_of_figures_are_kept_apart(self):
        self.sweep(SMALL_BASE + '  pes:\n    points:\n      "<b>few</b>": {mapping.extra_pes: 0}\n      many: {mapping.extra_pes: 2}\n', 'names')
        self.assertEqual(self.js('return done.map((point) => variables.get("axis 0").text(point))'), ['<b>few</b>', 'many'])
        self.assertEqual(sorted(round(x) for _, x, _ in self.js(DOTS, 1)), [1, 3])


if __name__ == '__main__':
    main()
