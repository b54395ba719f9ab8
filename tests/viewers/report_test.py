"""Does report.html show, in a browser, what the run's other files say; by pointer and by keyboard, on screen and paper?"""
import base64
import csv
import json

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.keys import Keys

from browser import SOURCE, PageTest, crossweave, main

RUN = str(SOURCE / 'configs/runs/paper.yaml')
FINITE = f'architecture={SOURCE}/tests/data/runs/finite-chip.yaml'
# What the time axes of the timeline and of the utilization show, in cycles.
TIMELINE_RANGE = 'return gantt.range.map((time) => time * DATA.unit_ps / DATA.t_mvm_ps)'
CHART_RANGE = 'const x = history.chart.scales.x; return [x.min, x.max]'


def number(text):
    """Of a text such as '5 969.557 cycles'."""
    return float(text.split(' ')[0].replace('\u202f', ''))


class RunPageTest(PageTest):
    """On a chip that is finite in everything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        crossweave(cls.work.name, 'run', RUN, '--quiet', '--report', '--set', FINITE, '--out', 'finite')

    def setUp(self):
        self.out = self.directory / 'finite'
        self.summary = json.loads((self.out / 'summary.json').read_text())
        self.open(self.out / 'report.html')

    def show_all(self):
        self.find('button[aria-label="Show all"]').click()

    def assert_range(self, begin, end, script=TIMELINE_RANGE):
        for got, expected in zip(self.js(script), (begin, end)):
            self.assertAlmostEqual(got, expected, delta=0.002 * self.summary['latency_cycles'])

    def point(self, x, y):
        """Where that is on the timeline, from its middle, as Selenium counts."""
        canvas = self.find('.gantt canvas')
        return canvas, x - canvas.size['width'] / 2, y - canvas.size['height'] / 2

    def set_at(self, duplicate, position):
        """Selenium's place of a set that is on screen."""
        x, y = self.js('''
            const duplicate = gantt.duplicates[arguments[0]];
            const row = gantt.rowOf(duplicate);
            gantt.frame.scrollTop = 0;
            gantt.reveal(row);
            return [gantt.x((duplicate.start[arguments[1]] + duplicate.finish[arguments[1]]) / 2),
                    row.y - gantt.frame.scrollTop + Gantt.axisHeight + row.height / 2];''', duplicate, position)
        return self.point(x, y)

    def test_the_summary_is_that_of_summary_json(self):
        cards = [card.text.split('\n')[0] for card in self.find_all('.card')]
        self.assertAlmostEqual(number(cards[0]), self.summary['latency_cycles'], places=3)
        self.assertEqual(cards[1], f"{self.summary['speedup']:.2f}\u00d7")
        self.assertEqual(cards[2], f"{100 * self.summary['utilization']:.2f} %")
        self.assertIn('Limited by: ', self.text('main'))
        self.assertEqual(self.find('#config + details pre').text.strip(), (self.out / 'resolved.yaml').read_text().strip())

    def test_buttons_wheel_and_pointer_zoom_and_move_the_timeline_and_the_utilization(self):
        latency = self.summary['latency_cycles']
        self.assert_range(0, latency)
        self.find('button[aria-label="Zoom in"]').click()
        self.assert_range(latency / 4, 3 * latency / 4)
        self.assert_range(latency / 4, 3 * latency / 4, CHART_RANGE)
        canvas, x, y = self.point(600, 100)
        ActionChains(self.browser).drag_and_drop_by_offset(canvas, 200, 0).perform()
        begin, end = self.js(TIMELINE_RANGE)
        moved = 200 / self.js('return gantt.plotWidth') * latency / 2
        self.assert_range(latency / 4 - moved, 3 * latency / 4 - moved)
        ActionChains(self.browser).move_to_element_with_offset(canvas, x, y).double_click().perform()
        self.assertAlmostEqual(self.js(TIMELINE_RANGE)[1] - self.js(TIMELINE_RANGE)[0], (end - begin) / 4, places=2)
        self.show_all()
        self.assert_range(0, latency)
        ActionChains(self.browser).key_down(Keys.CONTROL).scroll_from_origin(
            ScrollOrigin.from_element(canvas), 0, -240).key_up(Keys.CONTROL).perform()
        self.settle()
        begin, end = self.js(TIMELINE_RANGE)
        self.assertAlmostEqual(end - begin, latency / 2, delta=0.01 * latency)
        self.show_all()
        # Dragging over the utilization zooms both.
        over = self.find('.u-over')
        ActionChains(self.browser).move_to_element_with_offset(over, -200, 0).click_and_hold().move_by_offset(
            300, 0).release().perform()
        self.settle()
        begin, end = self.js(CHART_RANGE)
        self.assertAlmostEqual(end - begin, 300 / over.size['width'] * latency, delta=0.01 * latency)
        self.assert_range(begin, end)

    def test_a_set_says_when_it_ran_and_what_it_waited_for(self):
        last = self.js('''
            const ends = gantt.duplicates.map((duplicate) => duplicate.finish[duplicate.count - 1]);
            const index = ends.indexOf(Math.max(...ends));
            return [index, gantt.duplicates[index].count - 1, gantt.duplicates[index].layer];''')
        layer = self.summary['layers'][last[2]]
        self.assertEqual(layer['finish_cycle'], max(layer['finish_cycle'] for layer in self.summary['layers']))
        self.js('gantt.goTo({duplicate: gantt.duplicates[arguments[0]], position: arguments[1]})', *last[:2])
        self.js('gantt.show(DATA.end - 40 * DATA.t_mvm_ps / DATA.unit_ps, DATA.end)')
        self.js('gantt.toggle(gantt.rows.find((row) => row.key === "l" + arguments[0]))', last[2])
        self.js('gantt.frame.scrollIntoView()')
        place = self.set_at(*last[:2])
        ActionChains(self.browser).move_to_element_with_offset(*place).perform()
        tip = self.find('.tip')
        self.assertTrue(tip.is_displayed())
        self.assertTrue(tip.text.startswith(layer['name'] + ', set '), tip.text)
        ActionChains(self.browser).move_to_element_with_offset(*place).click().perform()
        details = self.text('.details')
        self.assertAlmostEqual(number(details.split(' to ')[1]), layer['finish_cycle'], places=3)
        # What came last of what it needed ended before it began.
        start = number(details.split('cycles ')[1])
        self.find('.details button').click()
        maker = self.text('.details')
        self.assertNotEqual(maker.split('\n')[0], details.split('\n')[0])
        self.assertLessEqual(number(maker.split(' to ')[1]), start)

    def test_a_set_that_waited_says_how_long_and_for_what(self):
        wait = self.js('''
            const waits = gantt.duplicates.flatMap((duplicate, index) => [...duplicate.waits].map(([position, states]) =>
              ({index, position, cycles: states[1] * DATA.unit_ps / DATA.t_mvm_ps, state: DATA.states[states[0]]})));
            const longest = waits.reduce((a, b) => b.cycles > a.cycles ? b : a);
            gantt.goTo({duplicate: gantt.duplicates[longest.index], position: longest.position});
            return longest;''')
        self.assertGreater(wait['cycles'], 1)
        details = self.text('.details')
        self.assertRegex(details, 'waited [0-9.\u202f]+ cycles: ' + wait['state'])
        self.assertAlmostEqual(number(details.split(wait['state'] + ' ')[1].split(',')[0].split('\n')[0]), wait['cycles'], places=3)

    def test_waits_add_up_to_the_states_of_pes(self):
        """Each duplicate's row in pe_states.csv is the sum of what its sets show, on each of its tiles."""
        with open(self.out / 'pe_states.csv', encoding='utf-8') as file:
            rows = list(csv.DictReader(file))
        shown = self.js('''
            return gantt.duplicates.flatMap((duplicate) => duplicate.tiles.map(([tile], part) => {
              const times = {active: 0};
              for (let i = 0; i < duplicate.count; ++i) {
                times.active += duplicate.finish[i] - duplicate.start[i];
                const waits = gantt.waitsOf({duplicates: [duplicate], part}, i) ?? [];
                for (let k = 0; k < waits.length; k += 2) {
                  times[DATA.states[waits[k]]] = (times[DATA.states[waits[k]]] ?? 0) + waits[k + 1];
                }
              }
              return {layer: DATA.layers[duplicate.layer].name, duplicate: duplicate.number, tile,
                      times: Object.fromEntries(Object.entries(times).map(([state, time]) => [state, time * DATA.unit_ps]))};
            }));''')
        by_place = {(row['layer'], int(row['duplicate']), int(row['tile'])): row for row in rows if row['layer']}
        self.assertEqual(len(shown), len(by_place))
        for group in shown:
            row = by_place[group['layer'], group['duplicate'], group['tile']]
            for state in self.summary['pe_states']:
                if state not in ('finished', 'unused'):
                    self.assertEqual(int(row[state + '_ps']), group['times'].get(state, 0), (group, state))

    def test_keys_reach_and_move_everything(self):
        canvas = self.find('.gantt canvas')
        self.js('arguments[0].focus()', canvas)
        rows = self.js('return gantt.rows.length')
        canvas.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
        self.assertEqual(self.js('return gantt.rows.length'), rows + self.summary['layers'][0]['duplicates'])
        canvas.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
        self.assertEqual(self.js('return gantt.rows[3].kind'), 'pe')
        canvas.send_keys('n', 'n')
        self.assertIn(self.summary['layers'][0]['name'] + ', set ', self.text('.details'))
        canvas.send_keys('+', '+')
        self.assertAlmostEqual(self.js('return (gantt.range[1] - gantt.range[0]) / DATA.end'), 0.25, places=2)
        canvas.send_keys(Keys.HOME)
        self.assert_range(0, self.summary['latency_cycles'])
        # Tab goes on to all that can be worked with, without a trap.
        reached = []
        for _ in range(200):
            self.browser.switch_to.active_element.send_keys(Keys.TAB)
            name = self.js('const at = document.activeElement; return at.tagName + " " + (at.getAttribute("aria-label") ?? at.textContent).slice(0, 20)')
            if name.startswith('BODY'):
                break
            reached.append(name)
        for expected in ('CANVAS PE utilization', 'CANVAS Link load', 'CANVAS Buffer peak', 'CANVAS GPEU utilization', 'BUTTON utilization', 'SUMMARY resolved.yaml'):
            self.assertTrue(any(name.startswith(expected) for name in reached), (expected, reached))

    def test_maps_read_out_tiles_and_links(self):
        pes, links, buffers, gpeus = self.find_all('.maps figure')
        for figure, expected in ((pes, 'tile 1 (1, 0): '), (links, 'router (1, 0): '), (buffers, 'tile 1 (1, 0): input '), (gpeus, 'tile 1 (1, 0): ')):
            figure.find_element('css selector', 'canvas').send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
            self.assertTrue(figure.find_element('css selector', '.readout').text.startswith(expected))
        self.assertRegex(links.text, r'east [0-9.]+ % busy, [0-9.]+ [KM]iB')
        average = sum(sum(tile['pes']) for tile in self.js('return DATA.tiles')) / self.summary['pes']
        self.assertAlmostEqual(average, self.summary['utilization'], places=3)

    def test_bars_of_stalls_are_those_of_the_summary(self):
        bars = self.find_all('.stalls .stack')
        self.assertEqual(len(bars), len(self.summary['layers']))
        for bar, layer in zip(bars, self.summary['layers']):
            active = bar.find_element('css selector', 'i')
            self.assertAlmostEqual(active.size['width'] / bar.size['width'], layer['utilization'], delta=0.01)
            self.assertIn(f"active {100 * layer['utilization']:.1f} %", bar.get_attribute('aria-label'))

    def test_the_table_of_layers_sorts(self):
        table = self.find('#layers + .scroll table')
        heading = next(button for button in table.find_elements('css selector', 'th button') if button.text == 'cycles')
        column = table.find_elements('css selector', 'th button').index(heading) + 1

        def cycles():
            return [number(cell.text) for cell in table.find_elements('css selector', f'tbody td:nth-child({column})')]

        unsorted = [layer['cycles'] for layer in self.summary['layers']]
        self.assertEqual(cycles(), unsorted)
        heading.click()
        self.assertEqual(cycles(), sorted(unsorted, reverse=True))
        heading.click()
        self.assertEqual(cycles(), sorted(unsorted))
        self.assertEqual(heading.find_element('xpath', '..').get_attribute('aria-sort'), 'ascending')

    def test_dark_when_wished_for_and_light_on_paper(self):
        ground = 'return getComputedStyle(document.body).backgroundColor'
        pixel = '''
            const copy = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
            copy.drawImage(document.querySelector(".gantt canvas"), 0, 0);
            return [...copy.getImageData(2, 2, 1, 1).data].slice(0, 3);'''
        self.assertEqual(self.js(ground), 'rgb(255, 255, 255)')
        self.assertEqual(self.js(pixel), [255, 255, 255])
        dark = {'features': [{'name': 'prefers-color-scheme', 'value': 'dark'}]}
        self.browser.execute_cdp_cmd('Emulation.setEmulatedMedia', dark)
        self.addCleanup(self.browser.execute_cdp_cmd, 'Emulation.setEmulatedMedia', {'features': []})
        self.settle()
        self.assertEqual(self.js(ground), 'rgb(18, 22, 28)')
        self.assertEqual(self.js(pixel), [18, 22, 28])
        self.js('window.printed = []; window.addEventListener("beforeprint", () => { window.printed = [getComputedStyle(document.body).backgroundColor, gantt.height]; })')
        pdf = base64.b64decode(self.browser.execute_cdp_cmd('Page.printToPDF', {'printBackground': True})['data'])
        self.assertTrue(pdf.startswith(b'%PDF'))
        printed, height = self.js('return window.printed')
        self.assertEqual(printed, 'rgb(255, 255, 255)')
        self.assertGreaterEqual(height, self.js('return gantt.total'))  # whole, where the screen scrolls
        self.assertEqual(self.js(ground), 'rgb(18, 22, 28)')


class OtherRunsTest(PageTest):
    def page_of(self, *settings, status=0):
        arguments = [argument for setting in settings for argument in ('--set', setting)]
        crossweave(self.work.name, 'run', RUN, '--quiet', '--report', *arguments, '--out', 'other', status=status)
        self.open(self.directory / 'other/report.html')

    def test_more_than_50000_sets_are_shown_by_activity(self):
        self.page_of(f'network={SOURCE}/configs/networks/resnet152.yaml', 'input_shape=none', 'schedule.set.rows=1', 'schedule.set.columns=1')
        summary = self.js('return summary')
        self.assertGreater(summary['sets'], 50_000)
        self.assertEqual(self.js('return DATA.detail'), 'activity')
        # All that the duplicates did, in units of 1/255 of a span, weighed with their PEs.
        active = self.js('''return gantt.duplicates.reduce((sum, duplicate) =>
            sum + duplicate.pes * duplicate.activity.reduce((a, b) => a + b, 0) / 255 * DATA.activity_width_ps, 0)''')
        self.assertAlmostEqual(active / (summary['latency_ps'] * summary['pes']), summary['utilization'], delta=0.001)
        path = self.js('return gantt.critical.map(([begin, end]) => [begin, end])')
        self.assertEqual((path[0][0], path[-1][1]), (0, self.js('return DATA.end')))
        self.assertTrue(all(before[1] == after[0] for before, after in zip(path, path[1:])))
        canvas = self.find('.gantt canvas')
        ActionChains(self.browser).move_to_element_with_offset(canvas, 0, 0).perform()
        self.assertRegex(self.text('.tip'), 'cycle .*: [0-9.]+ % active')

    def test_a_concentrated_mesh_has_several_tiles_at_a_router(self):
        self.page_of(f'architecture={SOURCE}/configs/architectures/isaac.yaml')
        pes = self.find('.maps figure')
        pes.find_element('css selector', 'canvas').send_keys(Keys.ARROW_RIGHT)
        readout = pes.find_element('css selector', '.readout').text
        self.assertEqual(readout.count('tile '), self.js('return DATA.tiles.filter((tile) => tile.x === 0 && tile.y === 0).length'))
        self.assertGreater(readout.count('tile '), 1)

    def test_images_in_a_stream_are_told_apart(self):
        self.page_of(FINITE, 'inference.images=3')
        self.assertEqual(self.js('return new Set(gantt.duplicates.flatMap((duplicate) => duplicate.image)).size'), 3)
        cards = [card.text for card in self.find_all('.card')]
        self.assertTrue(any(card.startswith('3\nimages, ') for card in cards), cards)
        self.js('gantt.select(gantt.duplicates[0], gantt.duplicates[0].count - 1)')
        self.assertIn(', image 2', self.text('.details'))

    def test_a_run_that_was_cut_off_says_who_waits(self):
        self.page_of(FINITE, 'simulation.time_limit=3 ms', status=3)
        self.assertIn('The run did not complete', self.text('main'))
        self.assertEqual(self.js('return DATA.end * DATA.unit_ps'), 3e9)
        self.assertGreater(len(self.find_all('.waiting li')), 0)


if __name__ == '__main__':
    main()
