/** @file The device's camera: opened, turned round, photographed, given back. */

/** A camera that is on. It shows the device's light: stop() it. */
export interface Camera {
  readonly video: HTMLVideoElement;
  /** Whether there is another one to turn to. */
  readonly several: boolean;
  /** Turns to the other camera. */
  flip(): Promise<void>;
  /** What is seen now, as a JPEG file. */
  photograph(): Promise<Blob>;
  stop(): void;
}

/** More would only be scaled down again: networks see some 32 to 256 pixels. */
const IDEAL = { width: { ideal: 640 }, height: { ideal: 480 } };

/**
 * Asks for the camera, on a phone the one that looks away from its holder.
 *
 * @param onEnd the device took it away, or it was unplugged
 * @throws DOMException `NotAllowedError`, `NotFoundError`, `NotReadableError`; Error with code `NO_CAMERA` where the
 * page may not even ask
 */
export async function openCamera(onEnd: () => void): Promise<Camera> {
  // The types promise it; a page that isn't on https or localhost hasn't got it.
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  if (!devices?.getUserMedia) {
    throw Object.assign(new Error('This browser gives its camera only to pages that came by https.'), {
      code: 'NO_CAMERA',
    });
  }
  const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true });
  video.setAttribute('aria-label', 'What the camera sees');
  let facing: 'environment' | 'user' = 'environment';
  let stream: MediaStream | undefined;
  let off = false;
  const release = (): void => {
    for (const track of stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    stream = undefined;
  };
  const start = async (): Promise<void> => {
    release();
    stream = await devices.getUserMedia({ video: { ...IDEAL, facingMode: facing }, audio: false });
    // It was stopped while it turned: what comes after that is nobody's to stop.
    if (off) {
      release();
      return;
    }
    for (const track of stream.getVideoTracks()) track.onended = onEnd;
    video.srcObject = stream;
    await video.play();
  };
  try {
    await start();
  } catch (error) {
    release();
    throw error;
  }
  let turning: Promise<void> | undefined;
  const turn = (): Promise<void> => {
    facing = facing === 'environment' ? 'user' : 'environment';
    return start();
  };
  // Named only once the camera was allowed.
  const known = await devices.enumerateDevices().catch(() => []);
  return {
    video,
    several: known.filter((device) => device.kind === 'videoinput').length > 1,
    flip() {
      // One turn at a time: of two streams only one would be stopped.
      turning ??= turn().finally(() => {
        turning = undefined;
      });
      return turning;
    },
    async photograph() {
      const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
      canvas.getContext('2d')!.drawImage(video, 0, 0);
      return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 });
    },
    stop() {
      off = true;
      release();
      video.srcObject = null;
    },
  };
}
