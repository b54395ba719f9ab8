// Shapes, intervals and rectangles of feature maps. All intervals are half-open.
#pragma once

#include <algorithm>
#include <cstdint>

namespace crossweave {

/// H x W x C of a feature map.
struct Shape {
  int height{0};
  int width{0};
  int channels{0};

  [[nodiscard]] std::int64_t pixels() const { return std::int64_t{height} * width; }
  [[nodiscard]] std::int64_t elements() const { return pixels() * channels; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// [begin, end)
struct Interval {
  int begin{0};
  int end{0};

  [[nodiscard]] bool empty() const { return begin >= end; }
  [[nodiscard]] int size() const { return empty() ? 0 : end - begin; }
  [[nodiscard]] Interval intersect(Interval other) const {
    return {std::max(begin, other.begin), std::min(end, other.end)};
  }
  [[nodiscard]] Interval hull(Interval other) const {
    if (empty()) {
      return other;
    }
    return other.empty() ? *this : Interval{std::min(begin, other.begin), std::max(end, other.end)};
  }
  friend bool operator==(Interval, Interval) = default;
};

/// A rectangle of pixels over all channels, or over those named beside it.
struct Rect {
  Interval rows;
  Interval columns;

  [[nodiscard]] bool empty() const { return rows.empty() || columns.empty(); }
  [[nodiscard]] std::int64_t area() const { return std::int64_t{rows.size()} * columns.size(); }
  [[nodiscard]] Rect intersect(const Rect& other) const {
    return {rows.intersect(other.rows), columns.intersect(other.columns)};
  }
  friend bool operator==(const Rect&, const Rect&) = default;
};

[[nodiscard]] inline Rect whole(const Shape& shape) { return {{0, shape.height}, {0, shape.width}}; }

}  // namespace crossweave
