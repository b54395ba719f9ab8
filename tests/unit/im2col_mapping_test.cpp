// Is every weight on exactly one crossbar, on as many crossbars as the method says?
#include "scheduler/im2col_mapping.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/networks.h"

namespace crossweave {
namespace {

BaseLayer conv_layer(Extent kernel, int in_channels, int out_channels, int groups = 1) {
  BaseLayer layer;
  layer.name = "layer";
  layer.kernel = kernel;
  layer.ifm = {kernel.height + 3, kernel.width + 4, in_channels};
  layer.ofm = {4, 5, out_channels};
  layer.groups = groups;
  return layer;
}

CrossbarSpec crossbar(int rows, int columns) {
  CrossbarSpec spec;
  spec.rows = rows;
  spec.columns = columns;
  return spec;
}

CrossbarGrid grid_of(Extent kernel, int in_channels, int out_channels, int groups, int rows, int columns) {
  return im2col_grid(conv_layer(kernel, in_channels, out_channels, groups), crossbar(rows, columns));
}

/// What one crossbar holds, weight by weight.
struct Held {
  Interval kernel_rows;
  Interval kernel_columns;
  Interval input_channels;
  Interval output_channels;
  std::vector<int> matrix_rows;
};

void include(Interval& hull, int position) { hull = hull.hull({position, position + 1}); }

/// Walks over every weight and puts it where the method's im2col order says: row (kh * Kw + kw) * (Ci / g) + ci of its
/// group's matrix; groups that fit share a crossbar block by block, others are cut by themselves.
std::vector<Held> brute_force(const BaseLayer& layer, const CrossbarSpec& spec, int vertical) {
  const int in_per_group = layer.ifm.channels / layer.groups;
  const int out_per_group = layer.ofm.channels / layer.groups;
  const int rows_per_group = layer.kernel.height * layer.kernel.width * in_per_group;
  const int shared = layer.groups == 1 ? 0 : std::min(spec.rows / rows_per_group, spec.columns / out_per_group);
  const int pieces_per_group = (out_per_group + spec.columns - 1) / spec.columns;
  std::vector<Held> held;
  for (int co = 0; co < layer.ofm.channels; ++co) {
    const int group = co / out_per_group;
    for (int kh = 0; kh < layer.kernel.height; ++kh) {
      for (int kw = 0; kw < layer.kernel.width; ++kw) {
        for (int ci = 0; ci < in_per_group; ++ci) {
          int row = (kh * layer.kernel.width + kw) * in_per_group + ci;
          int p = row / spec.rows;
          int j = group * pieces_per_group + co % out_per_group / spec.columns;
          if (shared > 0) {
            p = 0;
            j = group / shared;
            row += group % shared * rows_per_group;
          }
          const auto piece = static_cast<std::size_t>(j * vertical + p);
          held.resize(std::max(held.size(), piece + 1));
          include(held[piece].kernel_rows, kh);
          include(held[piece].kernel_columns, kw);
          include(held[piece].input_channels, group * in_per_group + ci);
          include(held[piece].output_channels, co);
          if (std::ranges::find(held[piece].matrix_rows, row) == held[piece].matrix_rows.end()) {
            held[piece].matrix_rows.push_back(row);
          }
        }
      }
    }
  }
  return held;
}

void check_pieces(const BaseLayer& layer, const CrossbarSpec& spec) {
  CAPTURE(layer.kernel.height, layer.kernel.width, layer.ifm.channels, layer.ofm.channels, layer.groups, spec.rows,
          spec.columns);
  const CrossbarGrid grid = im2col_grid(layer, spec);
  const std::vector<Held> held = brute_force(layer, spec, grid.vertical);
  REQUIRE(held.size() == static_cast<std::size_t>(grid.pes()));
  for (int j = 0; j < grid.horizontal; ++j) {
    for (int p = 0; p < grid.vertical; ++p) {
      CAPTURE(p, j);
      const Held& expected = held[static_cast<std::size_t>(j * grid.vertical + p)];
      const CrossbarPiece piece = crossbar_piece(layer, spec, p, j);
      CHECK(piece.kernel_rows == expected.kernel_rows);
      // What lies between two kernel rows is taken whole: a hull is a rectangle.
      CHECK(piece.kernel_columns == expected.kernel_columns);
      CHECK(piece.input_channels == expected.input_channels);
      CHECK(piece.output_channels == expected.output_channels);
      CHECK(piece.matrix_rows == static_cast<int>(expected.matrix_rows.size()));
      CHECK(piece.matrix_rows <= spec.rows);
      CHECK(piece.output_channels.size() <= spec.columns);
    }
  }
}

}  // namespace

TEST_CASE("a convolution takes P_V x P_H crossbars", "[im2col]") {
  // TinyYOLOv4's conv2d, conv2d_1 and conv2d_16 in the paper's Table I: 1, 2 and 18 PEs.
  CHECK(grid_of({3, 3}, 3, 32, 1, 256, 256) == CrossbarGrid{1, 1, 0});
  CHECK(grid_of({3, 3}, 32, 64, 1, 256, 256) == CrossbarGrid{2, 1, 0});
  CHECK(grid_of({3, 3}, 256, 512, 1, 256, 256) == CrossbarGrid{9, 2, 0});
  CHECK(grid_of({1, 1}, 512, 255, 1, 256, 256) == CrossbarGrid{2, 1, 0});
  // Exactly full, and one more.
  CHECK(grid_of({1, 1}, 256, 256, 1, 256, 256) == CrossbarGrid{1, 1, 0});
  CHECK(grid_of({1, 1}, 257, 257, 1, 256, 256) == CrossbarGrid{2, 2, 0});
  CHECK(grid_of({5, 2}, 7, 11, 1, 16, 4) == CrossbarGrid{5, 3, 0});
}

TEST_CASE("a dense layer is the 1 x 1 case on its flattened input", "[im2col]") {
  test::NetworkBuilder net;
  net.dense(net.input({7, 7, 12}), 300);
  const auto layers = partition_base_layers(net.graph());
  REQUIRE(layers.size() == 1);
  CHECK(layers[LayerId{0}].ifm == Shape{1, 1, 588});
  CHECK(layers[LayerId{0}].cycles() == Cycles{1});
  CHECK(im2col_grid(layers[LayerId{0}], crossbar(256, 256)) == CrossbarGrid{3, 2, 0});
  check_pieces(layers[LayerId{0}], crossbar(256, 256));
}

TEST_CASE("groups share a crossbar block-diagonally when they fit", "[im2col]") {
  SECTION("rows and columns fit: the scarcer of the two decides") {
    // 18 rows, 4 columns a group: floor(64 / 18) = 3, floor(16 / 4) = 4.
    CHECK(grid_of({3, 3}, 16, 32, 8, 64, 16) == CrossbarGrid{1, 3, 3});
    // floor(256 / 18) = 14, floor(16 / 4) = 4.
    CHECK(grid_of({3, 3}, 16, 32, 8, 256, 16) == CrossbarGrid{1, 2, 4});
    // Exactly one group to a crossbar.
    CHECK(grid_of({3, 3}, 16, 32, 8, 18, 4) == CrossbarGrid{1, 8, 1});
    // More room than groups.
    CHECK(grid_of({3, 3}, 16, 32, 8, 256, 256).pes() == 1);
  }
  SECTION("only the columns fit: each group is cut by its rows") {
    CHECK(grid_of({3, 3}, 16, 32, 8, 17, 16) == CrossbarGrid{2, 8, 0});
    CHECK(grid_of({3, 3}, 16, 32, 8, 5, 16) == CrossbarGrid{4, 8, 0});
  }
  SECTION("only the rows fit: each group is cut by its columns") {
    CHECK(grid_of({3, 3}, 16, 32, 8, 64, 3) == CrossbarGrid{1, 16, 0});
  }
  SECTION("neither fits") { CHECK(grid_of({3, 3}, 16, 32, 8, 16, 3) == CrossbarGrid{2, 16, 0}); }
  SECTION("depthwise: one channel a group") {
    // 9 rows a group: 28 groups on 256 rows.
    CHECK(grid_of({3, 3}, 100, 100, 100, 256, 256) == CrossbarGrid{1, 4, 28});
    // With a channel multiplier of 2 the columns decide: floor(32 / 2) = 16.
    CHECK(grid_of({3, 3}, 100, 200, 100, 256, 32) == CrossbarGrid{1, 7, 16});
    CHECK(grid_of({3, 3}, 10, 10, 10, 8, 8) == CrossbarGrid{2, 10, 0});
  }
}

TEST_CASE("every weight is on the piece that its im2col row and column name", "[im2col]") {
  test::Random random{1};
  for (int i = 0; i < 400; ++i) {
    const int groups = random.pick(std::vector<int>{1, 1, 2, 3, 8});
    const BaseLayer layer = conv_layer({random.between(1, 4), random.between(1, 4)}, groups * random.between(1, 7),
                                       groups * random.between(1, 7), groups);
    check_pieces(layer, crossbar(random.between(1, 40), random.between(1, 12)));
  }
}

TEST_CASE("an output channel's cells stay on one crossbar", "[im2col]") {
  BaseLayer layer = conv_layer({1, 1}, 10, 256);
  SECTION("widths that divide the columns: the matrix is so many times as wide") {
    layer.quantization.cells_per_weight = 2;
    CHECK(im2col_grid(layer, crossbar(256, 256)) == CrossbarGrid{1, 2, 0});
    CHECK(crossbar_piece(layer, crossbar(256, 256), 0, 1).output_channels == Interval{128, 256});
    CHECK(crossbar_piece(layer, crossbar(256, 256), 0, 1).matrix_columns == 256);
    CHECK(weight_cells(layer) == 10 * 256 * 2);
  }
  SECTION("others leave columns empty: 85 channels of 3 cells on 256 columns") {
    layer.quantization.cells_per_weight = 3;
    CHECK(im2col_grid(layer, crossbar(256, 256)) == CrossbarGrid{1, 4, 0});
    CHECK(crossbar_piece(layer, crossbar(256, 256), 0, 0).output_channels == Interval{0, 85});
    CHECK(crossbar_piece(layer, crossbar(256, 256), 0, 0).matrix_columns == 255);
    CHECK(crossbar_piece(layer, crossbar(256, 256), 0, 3).output_channels == Interval{255, 256});
  }
  SECTION("as wide as the crossbar") {
    layer.quantization.cells_per_weight = 64;
    CHECK(im2col_grid(layer, crossbar(256, 64)) == CrossbarGrid{1, 256, 0});
  }
  SECTION("groups share what columns there are") {
    // 18 rows and 4 x 3 columns a group: floor(64 / 18) = 3, floor(32 / 12) = 2.
    BaseLayer grouped = conv_layer({3, 3}, 16, 32, 8);
    grouped.quantization.cells_per_weight = 3;
    CHECK(im2col_grid(grouped, crossbar(64, 32)) == CrossbarGrid{1, 4, 2});
    CHECK(crossbar_piece(grouped, crossbar(64, 32), 0, 1).output_channels == Interval{8, 16});
    CHECK(crossbar_piece(grouped, crossbar(64, 32), 0, 1).matrix_columns == 24);
    // One group of 4 channels no longer fits: 3 and 1.
    CHECK(im2col_grid(grouped, crossbar(64, 11)) == CrossbarGrid{1, 16, 0});
    CHECK(crossbar_piece(grouped, crossbar(64, 11), 0, 3).output_channels == Interval{7, 8});
  }
}

TEST_CASE("every cell of every weight has a place", "[im2col]") {
  test::Random random{2};
  for (int i = 0; i < 400; ++i) {
    const int groups = random.pick(std::vector<int>{1, 1, 2, 3, 8});
    BaseLayer layer = conv_layer({random.between(1, 3), random.between(1, 3)}, groups * random.between(1, 7),
                                 groups * random.between(1, 9), groups);
    layer.quantization.cells_per_weight = random.between(1, 5);
    const CrossbarSpec spec = crossbar(random.between(1, 60), random.between(5, 40));
    CAPTURE(i, layer.quantization.cells_per_weight, spec.rows, spec.columns);
    const CrossbarGrid grid = im2col_grid(layer, spec);
    // Pieces hold disjoint channels, none more columns than there are, and together every cell.
    std::int64_t cells = 0;
    for (int p = 0; p < grid.vertical; ++p) {
      int channels = 0;
      for (int j = 0; j < grid.horizontal; ++j) {
        const CrossbarPiece piece = crossbar_piece(layer, spec, p, j);
        CHECK(piece.output_channels.begin == channels);
        channels = piece.output_channels.end;
        CHECK(piece.matrix_columns == piece.output_channels.size() * layer.quantization.cells_per_weight);
        CHECK(piece.matrix_columns <= spec.columns);
        // Of a crossbar that several groups share, only their blocks on the diagonal hold weights.
        const int blocks =
            grid.groups_per_crossbar > 0 ? piece.output_channels.size() / (layer.ofm.channels / layer.groups) : 1;
        cells += std::int64_t{piece.matrix_rows} * piece.matrix_columns / blocks;
      }
      CHECK(channels == layer.ofm.channels);
    }
    CHECK(cells == weight_cells(layer));
  }
}

TEST_CASE("PE_min is the sum over the layers", "[im2col]") {
  const auto layers = partition_base_layers(canonical_form(test::tinyyolov4(), false));
  CHECK(minimum_pes(im2col_grids(layers, crossbar(256, 256))) == 117);
  const auto grids = im2col_grids(layers, crossbar(64, 100));
  std::int64_t sum = 0;
  for (const CrossbarGrid& grid : grids) {
    sum += std::int64_t{grid.vertical} * grid.horizontal;
  }
  CHECK(minimum_pes(grids) == sum);
}

}  // namespace crossweave
