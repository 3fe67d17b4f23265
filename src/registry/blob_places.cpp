// SPDX-License-Identifier: Apache-2.0
#include "registry/blob_places.hpp"

#include "base/json.hpp"

namespace tmplbuild::registry {

namespace {

constexpr const char* places_kind = "registry-blobs";
constexpr std::size_t most_places = 4000;  // about 500 kB; past it, knowledge begins anew

}  // namespace

static std::map<std::string, std::string> known_places(const Store& store, const Digest& name) {
    std::map<std::string, std::string> out;
    const auto document = store.find_index(places_kind, name);
    if (!document || !document->is_object()) return out;
    for (const auto& [digest, repository] : document->get_object())
        if (repository.is_string() && Digest::parse(digest) && is_repository(repository.get_string().c_str()))
            out[digest] = repository.get_string().c_str();
    return out;
}

BlobPlaces::BlobPlaces(const Store& store, const std::string& host)
    : store_(store), name_(Sha256::of(host)), places_(known_places(store_, name_)) {}

std::string BlobPlaces::repository_of(const Digest& blob) const {
    const auto at = places_.find(blob.to_string());
    return at == places_.end() ? "" : at->second;
}

void BlobPlaces::note(const Digest& blob, const std::string& repository) {
    std::string& place = places_[blob.to_string()];
    if (place != repository) new_[blob.to_string()] = repository;
    place = repository;
}

Result<void> BlobPlaces::save() {
    if (new_.empty()) return {};
    // A push may take an hour, in which other writers of this command and other processes have noted theirs.
    places_ = known_places(store_, name_);
    if (places_.size() + new_.size() > most_places) places_.clear();
    for (const auto& [digest, repository] : new_) places_[digest] = repository;
    json::object document;
    for (const auto& [digest, repository] : places_) document[digest] = repository;
    auto saved = store_.put_index(places_kind, name_, document);
    if (saved) new_.clear();
    return saved;
}

void note_blobs(const Store& store, const Reference& where, const std::vector<Digest>& blobs) {
    BlobPlaces places(store, where.host);
    for (const Digest& blob : blobs) places.note(blob, where.repository);
    (void)places.save();
}

}  // namespace tmplbuild::registry
