// Strong identifiers: an id of one kind of thing cannot index a container of another.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

namespace crossweave {

/// An index into one kind of thing. Explicit both ways; no arithmetic.
template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::size_t value) : value_{static_cast<std::uint32_t>(value)} {}

  [[nodiscard]] constexpr std::uint32_t value() const { return value_; }
  friend constexpr auto operator<=>(Id, Id) = default;

 private:
  std::uint32_t value_{0};
};

/// A node of the network graph.
using OperationId = Id<struct OperationTag>;
/// A base layer, counted in graph order.
using LayerId = Id<struct LayerTag>;
/// A set of one layer's OFM: its raster index in that layer's grid (see scheduler/ofm_sets.h).
using SetId = Id<struct SetTag>;
/// One copy of a layer's weights, counted within the layer; 0 is the original.
using DuplicateId = Id<struct DuplicateTag>;
/// One crossbar of the chip.
using PeId = Id<struct PeTag>;
/// One tile of the chip.
using TileId = Id<struct TileTag>;

static_assert(sizeof(LayerId) == 4 && std::is_trivially_copyable_v<LayerId>);

/// A vector that only ids of its own kind can index.
template <class IdT, class T>
class IdVector {
 public:
  using value_type = T;

  IdVector() = default;
  explicit IdVector(std::size_t size) : items_(size) {}
  IdVector(std::size_t size, const T& value) : items_(size, value) {}
  IdVector(std::initializer_list<T> items) : items_(items) {}
  explicit IdVector(std::vector<T> items) : items_(std::move(items)) {}

  [[nodiscard]] decltype(auto) operator[](IdT id) { return items_[id.value()]; }
  [[nodiscard]] decltype(auto) operator[](IdT id) const { return items_[id.value()]; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  void resize(std::size_t size) { items_.resize(size); }
  void reserve(std::size_t size) { items_.reserve(size); }

  /// Appends and returns the id of the new item.
  IdT push_back(T item) {
    items_.push_back(std::move(item));
    return IdT{items_.size() - 1};
  }
  [[nodiscard]] IdT next_id() const { return IdT{items_.size()}; }

  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }
  [[nodiscard]] auto begin() const { return items_.begin(); }
  [[nodiscard]] auto end() const { return items_.end(); }
  [[nodiscard]] T& back() { return items_.back(); }
  [[nodiscard]] const T& back() const { return items_.back(); }
  [[nodiscard]] const std::vector<T>& raw() const { return items_; }

  friend bool operator==(const IdVector&, const IdVector&) = default;

 private:
  std::vector<T> items_;
};

/// Range of all ids of a container: `for (LayerId layer : ids(layers))`.
template <class IdT>
class IdRange {
 public:
  class Iterator {
   public:
    explicit Iterator(std::size_t value) : value_{value} {}
    IdT operator*() const { return IdT{value_}; }
    Iterator& operator++() {
      ++value_;
      return *this;
    }
    friend bool operator==(Iterator, Iterator) = default;

   private:
    std::size_t value_;
  };

  explicit IdRange(std::size_t size) : size_{size} {}
  [[nodiscard]] Iterator begin() const { return Iterator{0}; }
  [[nodiscard]] Iterator end() const { return Iterator{size_}; }

 private:
  std::size_t size_;
};

template <class IdT, class T>
[[nodiscard]] IdRange<IdT> ids(const IdVector<IdT, T>& items) {
  return IdRange<IdT>{items.size()};
}

}  // namespace crossweave

template <class Tag>
struct std::hash<crossweave::Id<Tag>> {
  std::size_t operator()(crossweave::Id<Tag> id) const noexcept { return id.value(); }
};
