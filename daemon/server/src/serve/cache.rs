//! `cache/stats` and `cache/clear`: what was made once and is found again.

use storycore_cache::{NetworkStats, Stats, TierStats};
use storycore_schema::{
    Error,
    cache::{CacheCleared, CacheNetwork, CacheStats, CacheTier, ClearCache, GetCacheStats},
};

use super::{Context, Serve};

impl Serve for GetCacheStats {
    async fn serve(self, context: &Context) -> Result<CacheStats, Error> {
        Ok(described(context.daemon.cache.stats()))
    }
}

impl Serve for ClearCache {
    async fn serve(self, context: &Context) -> Result<CacheCleared, Error> {
        let dropped = context.daemon.cache.clear().await;
        Ok(CacheCleared {
            in_memory: dropped.in_memory,
            on_disk: dropped.on_disk,
        })
    }
}

fn described(stats: Stats) -> CacheStats {
    CacheStats {
        memory: tier(stats.memory),
        disk: stats.disk.map(tier),
        network: stats.network.map(network),
        made: stats.made,
        made_failed: stats.made_failed,
        shared: stats.shared,
        preloaded: stats.preloaded,
    }
}

fn tier(stats: TierStats) -> CacheTier {
    CacheTier {
        hits: stats.hits,
        misses: stats.misses,
        entries: stats.entries,
        bytes: stats.bytes,
        bytes_max: stats.bytes_max,
        evictions: stats.evictions,
        errors: stats.errors,
        damaged: stats.damaged,
    }
}

fn network(stats: NetworkStats) -> CacheNetwork {
    CacheNetwork {
        hits: stats.hits,
        misses: stats.misses,
        sent: stats.sent,
        skipped: stats.skipped,
        errors: stats.errors,
        damaged: stats.damaged,
        bytes_in: stats.bytes_in,
        bytes_out: stats.bytes_out,
        resting: stats.is_resting,
        last_error: stats.last_error,
    }
}
