/** @file The peer of engine `tensorflow`: the benchmark's network and loss as one would write them in TF.js by hand. */

export function handWrittenStep(tf, { batch, size, channels, dimensions }) {
  const variables = [];
  const variable = (shape, deviation) => {
    const made = tf.variable(tf.randomNormal(shape, 0, deviation));
    variables.push(made);
    return made;
  };
  let before = 3;
  let side = size;
  const convolutions = channels.map((width) => {
    const layer = { w: variable([5, 5, before, width], Math.sqrt(2 / (25 * before))), b: variable([width], 0) };
    before = width;
    side /= 2;
    return layer;
  });
  const w = variable([side * side * before, dimensions], Math.sqrt(1 / (side * side * before)));
  const b = variable([dimensions], 0);
  const optimiser = tf.train.momentum(1e-3, 0.9);

  const z = (images) => {
    let x = images.toFloat().sub(127.5).div(64);
    for (const layer of convolutions)
      x = tf.maxPool(tf.relu(tf.conv2d(x, layer.w, 1, 'same').add(layer.b)), 2, 2, 'valid');
    return tf.tanh(x.reshape([batch, -1]).matMul(w).add(b));
  };

  return {
    /** One step on uint8 images [batch, size, size, 3]; similar: [batch, batch], 1 or 0. */
    async step(images, similar) {
      const loss = tf.tidy(() => {
        const pixels = tf.tensor4d(images, [batch, size, size, 3], 'int32');
        const s = tf.tensor2d(Float32Array.from(similar), [batch, batch]).mul(2).sub(1);
        return optimiser.minimize(
          () => {
            const out = z(pixels);
            const unit = out.div(tf.maximum(tf.norm(out, 2, 1, true), 1e-12));
            return s
              .sub(tf.matMul(unit, unit, false, true))
              .square()
              .mean();
          },
          true,
          variables,
        );
      });
      await loss.data();
      loss.dispose();
    },
    close() {
      optimiser.dispose();
      for (const each of variables) each.dispose();
    },
  };
}
