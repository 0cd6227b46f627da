//! Answers kept by content: the same question to the same model is asked once.

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _};
use moka::sync::Cache as Moka;

use crate::{answer::Answer, provider::Provider, request::Request};

/// The name of a kept answer: the hash of the request, the provider and the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheKey(pub [u8; 32]);

impl CacheKey {
    pub(crate) fn of(request: &Request, provider: &Provider, model: &str) -> CacheKey {
        let mut hasher = blake3::Hasher::new();
        hasher.update(request.hash().as_bytes());
        // Two providers may have a model of the same name that is not the same.
        for text in [provider.base_url.as_str(), model] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        CacheKey(*hasher.finalize().as_bytes())
    }
}

/// Where answers are kept. Bytes that come back damaged are noticed and not used.
pub trait Cache: Send + Sync {
    /// The bytes of that name, if they are there.
    fn get(&self, key: CacheKey) -> BoxFuture<'_, Option<Bytes>>;
    /// Keeps bytes, for as long as there is room.
    fn put(&self, key: CacheKey, bytes: Bytes) -> BoxFuture<'_, ()>;
}

/// A cache in memory.
#[derive(Debug)]
pub struct MemoryCache {
    answers: Moka<CacheKey, Bytes>,
}

impl MemoryCache {
    /// A cache that holds at most so many bytes.
    pub fn new(bytes_max: u64) -> MemoryCache {
        let weigh = |_: &CacheKey, bytes: &Bytes| {
            u32::try_from(bytes.len() + size_of::<CacheKey>()).unwrap_or(u32::MAX)
        };
        let answers = Moka::builder()
            .weigher(weigh)
            .max_capacity(bytes_max)
            .build();
        MemoryCache { answers }
    }
}

impl Cache for MemoryCache {
    fn get(&self, key: CacheKey) -> BoxFuture<'_, Option<Bytes>> {
        std::future::ready(self.answers.get(&key)).boxed()
    }

    fn put(&self, key: CacheKey, bytes: Bytes) -> BoxFuture<'_, ()> {
        self.answers.insert(key, bytes);
        std::future::ready(()).boxed()
    }
}

/// A kept answer to a request, unless it is damaged or does not fit.
pub(crate) async fn look_up(cache: &dyn Cache, key: CacheKey, request: &Request) -> Option<Answer> {
    let bytes = cache.get(key).await?;
    let answer: Answer = serde_json::from_slice(&bytes).ok()?;
    let fits = match (&request.schema, &answer.value) {
        (Some(schema), Some(value)) => schema.faults(value).is_empty(),
        (None, None) => true,
        _ => false,
    };
    fits.then(|| answer.into_cached())
}

/// Keeps an answer.
pub(crate) async fn keep(cache: &dyn Cache, key: CacheKey, answer: &Answer) {
    if let Ok(bytes) = serde_json::to_vec(answer) {
        cache.put(key, bytes.into()).await;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        answer::{Finish, Usage},
        provider::Kind,
        schema::Schema,
    };

    fn answer(value: Option<serde_json::Value>) -> Answer {
        Answer {
            text: "{}".into(),
            value,
            finish: Finish::Stop,
            provider: "local".into(),
            model: "small".into(),
            usage: Usage {
                tokens_in: 3,
                tokens_out: 2,
                is_measured: true,
            },
            money_micro: 10,
            attempts: 2,
            is_cached: false,
            ms: 400,
        }
    }

    #[tokio::test]
    async fn an_answer_comes_back_at_no_cost_and_damage_is_noticed() {
        let cache = MemoryCache::new(100_000);
        let mut request = Request::new("Describe rain.", 100);
        let provider = Provider::new("local", Kind::OpenAi, "http://localhost:1", None);
        let key = CacheKey::of(&request, &provider, "small");
        assert_ne!(key, CacheKey::of(&request, &provider, "large"));
        assert_eq!(look_up(&cache, key, &request).await, None);
        keep(&cache, key, &answer(None)).await;
        let found = look_up(&cache, key, &request).await.unwrap();
        assert!(found.is_cached && found.money_micro == 0 && found.attempts == 0);
        cache.put(key, Bytes::from_static(b"{\"text\":")).await;
        assert_eq!(look_up(&cache, key, &request).await, None);
        let schema = json!({"type": "object", "required": ["logline"]});
        request.schema = Some(Schema::new("x", schema).unwrap());
        keep(&cache, key, &answer(Some(json!({})))).await;
        assert_eq!(
            look_up(&cache, key, &request).await,
            None,
            "it does not fit"
        );
        keep(&cache, key, &answer(Some(json!({"logline": "Rain."})))).await;
        assert!(look_up(&cache, key, &request).await.is_some());
    }
}
