#include "frontend/report/assets.h"

// The assembler puts files as they are into the read-only data, between two symbols; it finds them by the search path
// that CMakeLists.txt gives it. g++ 12 has no #embed.
#define CROSSWEAVE_ASSET(name, file)                                                                                   \
  asm(".pushsection .rodata\n"                                                                                         \
      ".global crossweave_asset_" #name                                                                                \
      "\n"                                                                                                             \
      "crossweave_asset_" #name                                                                                        \
      ":\n"                                                                                                            \
      ".incbin \"" file                                                                                                \
      "\"\n"                                                                                                           \
      ".global crossweave_asset_end_" #name                                                                            \
      "\n"                                                                                                             \
      "crossweave_asset_end_" #name                                                                                    \
      ":\n"                                                                                                            \
      ".popsection\n");                                                                                                \
  extern "C" const char crossweave_asset_##name[];                                                                     \
  extern "C" const char crossweave_asset_end_##name[];                                                                 \
  std::string_view crossweave::assets::name() {                                                                        \
    return {crossweave_asset_##name, static_cast<std::size_t>(crossweave_asset_end_##name - crossweave_asset_##name)}; \
  }

CROSSWEAVE_ASSET(uplot_script, "uplot/uPlot.iife.min.js")
CROSSWEAVE_ASSET(uplot_style, "uplot/uPlot.min.css")
CROSSWEAVE_ASSET(uplot_licence, "uplot/LICENSE")
CROSSWEAVE_ASSET(page_style, "page.css")
CROSSWEAVE_ASSET(common_script, "common.js")
CROSSWEAVE_ASSET(gantt_script, "gantt.js")
CROSSWEAVE_ASSET(run_script, "run.js")
CROSSWEAVE_ASSET(points_script, "points.js")
CROSSWEAVE_ASSET(scatter_script, "scatter.js")
CROSSWEAVE_ASSET(parallel_script, "parallel.js")
CROSSWEAVE_ASSET(sweep_script, "sweep.js")
