// SPDX-License-Identifier: Apache-2.0
#include "registry/blob_places.hpp"

#include "base/json.hpp"

namespace tmplbuild::registry {

namespace {

constexpr const char* places_kind = "registry-blobs";
constexpr std::size_t most_places = 4000;  // about 500 kB; past it, knowledge begins anew

}  // namespace

BlobPlaces::BlobPlaces(const Store& store, const std::string& host) : store_(store), name_(Sha256::of(host)) {
    const auto document = store_.find_index(places_kind, name_);
    if (!document || !document->is_object()) return;
    for (const auto& [digest, repository] : document->get_object())
        if (repository.is_string() && Digest::parse(digest) && is_repository(repository.get_string().c_str()))
            places_[digest] = repository.get_string().c_str();
}

std::string BlobPlaces::repository_of(const Digest& blob) const {
    const auto at = places_.find(blob.to_string());
    return at == places_.end() ? "" : at->second;
}

void BlobPlaces::note(const Digest& blob, const std::string& repository) {
    std::string& place = places_[blob.to_string()];
    is_changed_ = is_changed_ || place != repository;
    place = repository;
}

Result<void> BlobPlaces::save() {
    if (!is_changed_) return {};
    if (places_.size() > most_places) places_.clear();
    json::object document;
    for (const auto& [digest, repository] : places_) document[digest] = repository;
    return store_.put_index(places_kind, name_, document);
}

void note_blobs(const Store& store, const Reference& where, const std::vector<Digest>& blobs) {
    BlobPlaces places(store, where.host);
    for (const Digest& blob : blobs) places.note(blob, where.repository);
    (void)places.save();
}

}  // namespace tmplbuild::registry
