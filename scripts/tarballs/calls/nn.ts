import { ok } from 'node:assert';
import { random, tensor } from '@trestle/core';
import { initMlp, mlp, rocAuc } from '@trestle/nn';

const parameters = initMlp(random.key(1), [2, 4, 1]);
const logits = await mlp(parameters, tensor([1, 2, 3, 4], { shape: [2, 2] })).data();
ok(logits.length === 2 && logits.every(Number.isFinite));
ok(rocAuc([0, 1], [0.1, 0.9]) === 1);
