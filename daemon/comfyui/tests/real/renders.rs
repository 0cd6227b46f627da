//! What a server makes is told while it is made, and is here when it is done.

use std::io::Cursor;

use serde_json::json;
use storycore_comfyui::{
    Error, Event, ImageType,
    binding::Target,
    output::Kind,
    server::{Content, Upload},
};

use crate::{
    graphs::{color, graph, picture, plain, text_to_image},
    server::Comfy,
    story::{Running, id, only_file, options, pool},
};

/// The first pixel of a PNG, as one number.
fn first_pixel(png: &[u8]) -> u32 {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    u32::from_be_bytes([0, pixels[0], pixels[1], pixels[2]])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_makes_pictures_and_tells_of_it() {
    let comfy = Comfy::start().await;
    let pool = pool("renders", vec![options("one", &comfy.url())]).await;

    // A checkpoint samples, with progress, and with previews of the node they are of.
    let mut sampled = Running::begin_job(&pool, graph(&text_to_image(7, 4)), |job| {
        job.note
            .insert("preview_method".to_owned(), json!("latent2rgb"));
    });
    let finished = sampled.done().await;
    let png = only_file(&finished);
    assert!(png.starts_with(b"\x89PNG"));
    assert_eq!(finished.outputs[0].media_type, "image/png");
    assert_eq!(finished.outputs[0].bytes, png.len() as u64);
    assert_eq!(finished.attempts, 1);
    let events = sampled.events();
    let sampler = Event::Node {
        node: id("3"),
        title: "Sampler".to_owned(),
    };
    assert!(events.contains(&sampler), "{events:?}");
    let steps: Vec<f64> = events
        .iter()
        .filter_map(|it| match it {
            Event::Progress { node, value, .. } if *node == id("3") => Some(*value),
            _ => None,
        })
        .collect();
    assert_eq!(steps, [1.0, 2.0, 3.0, 4.0]);
    let previews = events.iter().filter(|it| match it {
        Event::Preview { node, image, bytes } => {
            *node == Some(id("3")) && *image == ImageType::Jpeg && bytes.starts_with(b"\xff\xd8")
        }
        _ => false,
    });
    assert_eq!(previews.count(), 4, "{events:?}");
    assert!(matches!(events.last(), Some(Event::Output { .. })));
    let status = pool.status();
    let one = &status.servers[0];
    assert_eq!(one.model.as_deref(), Some("tiny_sd3.safetensors"));
    assert_eq!(one.version.as_deref(), Some("0.3.75"));
    assert_eq!((one.placed, one.finished, status.waiting), (0, 1, 0));

    uploads(&pool).await;
    moving_pictures(&pool).await;
    the_cache(&pool, &comfy).await;
    memory(&pool).await;
    failures(&pool).await;
}

/// Files go up under names that the server chooses, and come back as what they are.
async fn uploads(pool: &storycore_comfyui::Pool) {
    let made = only_file(&Running::begin(pool, plain("original")).done().await);
    let other = only_file(&Running::begin(pool, plain("other")).done().await);
    assert_eq!(first_pixel(&made), color("original"));
    for (bytes, expected) in [(&made, "original"), (&other, "other"), (&made, "original")] {
        let face = json!({
            "1": {"class_type": "StorycoreFace", "inputs": {"face": "", "strength": 1.0}},
            "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        });
        // The same name for different bytes: the server calls the second one otherwise.
        let upload = Upload {
            file_name: "maya.png".to_owned(),
            content: Content::Bytes(bytes.clone().into()),
        };
        let target = Target {
            node: id("1"),
            input: "face".to_owned(),
        };
        let mut running = Running::begin_job(pool, graph(&face), |job| {
            job.uploads = vec![(target, upload)];
        });
        let finished = running.done().await;
        assert_eq!(first_pixel(&only_file(&finished)), color(expected));
        assert!(!finished.outputs[0].is_saved);
    }
}

/// Video comes as `gifs` or as `images` with `animated`; an upscaler doubles.
async fn moving_pictures(pool: &storycore_comfyui::Pool) {
    let both = json!({
        "1": {"class_type": "EmptyImage",
              "inputs": {"width": 32, "height": 32, "batch_size": 3, "color": 255}},
        "2": {"class_type": "StorycoreAnimation",
              "inputs": {"images": ["1", 0], "fps": 12, "filename_prefix": "moves"}},
        "3": {"class_type": "SaveAnimatedWEBP", "inputs": {
            "images": ["1", 0], "filename_prefix": "too", "fps": 6.0, "lossless": true,
            "quality": 80, "method": "default"}},
        "4": {"class_type": "UpscaleModelLoader", "inputs": {"model_name": "tiny_x2.safetensors"}},
        "5": {"class_type": "ImageUpscaleWithModel",
              "inputs": {"upscale_model": ["4", 0], "image": ["1", 0]}},
        "6": {"class_type": "SaveImage", "inputs": {"images": ["5", 0], "filename_prefix": "x2"}},
    });
    let finished = Running::begin(pool, graph(&both)).done().await;
    let of = |node: &'static str| {
        let outputs = finished.outputs.iter();
        outputs.filter(move |it| it.node == id(node))
    };
    assert!(of("2").all(|it| it.kind == Kind::Video && it.key == "gifs"));
    assert!(of("3").all(|it| it.kind == Kind::Video && it.key == "images"));
    assert!(of("6").all(|it| it.kind == Kind::Image));
    assert_eq!(
        (of("2").count(), of("3").count(), of("6").count()),
        (1, 1, 3)
    );
    let mut only = Running::begin_job(pool, graph(&both), |job| job.wanted = vec![id("3")]);
    let finished = only.done().await;
    assert_eq!(finished.outputs.len(), 1);
    assert_eq!(finished.outputs[0].node, id("3"));
}

/// A second run of the same graph names the file of the first, which may be gone, or another's.
async fn the_cache(pool: &storycore_comfyui::Pool, comfy: &Comfy) {
    let strange = only_file(&Running::begin(pool, plain("stranger")).done().await);
    let first = Running::begin(pool, plain("cached")).done().await;
    let name = first.outputs[0].file_name.clone();
    // As it is when somebody has emptied the folder and others have written since.
    std::fs::write(comfy.path("output").join(&name), &strange).unwrap();
    let again = Running::begin(pool, plain("cached")).done().await;
    assert_eq!(first_pixel(&only_file(&again)), color("cached"));
    assert_ne!(again.outputs[0].file_name, name);
    assert_eq!(again.attempts, 2);
    assert!(again.cached.contains(&id("1")), "{:?}", again.cached);

    // What cannot be written under another name is made anew after /free, and then given up.
    let lie = json!({
        "1": picture("lie"),
        "2": {"class_type": "StorycoreLie",
              "inputs": {"images": ["1", 0], "filename": "never.png"}},
    });
    let error = Running::begin(pool, graph(&lie)).fails().await;
    let Error::GivenUp { attempts, last } = error else {
        panic!("{error}")
    };
    assert!(attempts >= 3, "{attempts}");
    assert_eq!(
        last.to_string(),
        "one names never.png as a result, and does not have it"
    );
}

/// Out of memory once: everything is unloaded, and it works. Always: it is said.
async fn memory(pool: &storycore_comfyui::Pool) {
    let hungry = |name: &str, times: u32| {
        graph(&json!({
            "1": picture(name),
            "2": {"class_type": "StorycoreOutOfMemory", "_meta": {"title": "Hungry"},
                  "inputs": {"image": ["1", 0], "times": times, "name": name}},
            "9": {"class_type": "SaveImage",
                  "inputs": {"images": ["2", 0], "filename_prefix": name}},
        }))
    };
    let mut once = Running::begin(pool, hungry("once", 1));
    let finished = once.done().await;
    assert_eq!(first_pixel(&only_file(&finished)), color("once"));
    assert_eq!((finished.attempts, once.ledger.all().len()), (2, 2));
    assert!(
        once.events()
            .iter()
            .any(|it| matches!(it, Event::Retrying { .. }))
    );
    let error = Running::begin(pool, hungry("always", 99)).fails().await;
    assert!(
        matches!(&error, Error::OutOfMemory { node, .. }
        if node == "2 (StorycoreOutOfMemory \"Hungry\")"),
        "{error}"
    );
}

/// A node that fails says so in its own words; the traceback is for the log.
async fn failures(pool: &storycore_comfyui::Pool) {
    let broken = json!({
        "1": {"class_type": "LoadImage", "_meta": {"title": "Face"}, "inputs": {"image": ""}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    });
    let mut running = Running::begin_job(pool, graph(&broken), |job| {
        let target = Target {
            node: id("1"),
            input: "image".to_owned(),
        };
        let upload = Upload {
            file_name: "broken.png".to_owned(),
            content: Content::Bytes(b"no picture".as_slice().into()),
        };
        job.uploads = vec![(target, upload)];
    });
    let error = running.fails().await.to_string();
    let expected = "node 1 (LoadImage \"Face\") failed on one: PIL.UnidentifiedImageError: cannot";
    assert!(error.starts_with(expected), "{error}");
    assert!(
        !error.contains("Traceback") && !error.contains("File \""),
        "{error}"
    );
    assert_eq!(running.ledger.all().len(), 1);
}
