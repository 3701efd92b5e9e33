// N simulated GPUs in memory: the same shape and sizes as benchmarks/peers/fleet.py.
const MODELS = [
  ['A100-SXM4-80GB', 80, 'Ampere'],
  ['H100-80GB-HBM3', 80, 'Hopper'],
  ['H200-SXM-141GB', 141, 'Hopper'],
];
const GPUS_PER_NODE = 8;

const hex = (number, width) => number.toString(16).padStart(width, '0');

export class Fleet {
  constructor(gpus) {
    this.models = MODELS.map(([modelName, memoryGb, architecture], i) => ({
      id: `mod_${hex(i, 20)}`,
      modelName,
      memoryGb,
      architecture,
    }));
    this.nodes = Array.from({ length: Math.ceil(gpus / GPUS_PER_NODE) }, (_, i) => ({
      id: `nod_${hex(i, 20)}`,
      nodeName: `gpu-node-${String(i).padStart(4, '0')}`,
      clusterName: 'simulated',
      nodeStatus: 'READY',
    }));
    this.devices = Array.from({ length: gpus }, (_, i) => ({
      id: `dev_${hex(i, 20)}`,
      gpuUuid: `GPU-${hex(i, 8)}-0000-4000-8000-${hex(i, 12)}`,
      deviceIndex: i % GPUS_PER_NODE,
      deviceStatus: 'AVAILABLE',
      pciAddress: `00000000:${hex(i % 256, 2).toUpperCase()}:00.0`,
      node: this.nodes[Math.floor(i / GPUS_PER_NODE)],
      model: this.models[i % MODELS.length],
      latestMetric: null,
    }));
    this.tick();
  }

  // Sample every GPU once and return the new readings.
  tick() {
    const now = new Date();
    return this.devices.map((device) => {
      device.latestMetric = {
        deviceId: device.id,
        timestamp: now,
        gpuUtilizationPct: Math.round(100 + Math.random() * 890) / 10,
        memoryUsedMb: 10000 + Math.floor(Math.random() * 70000),
        memoryTotalMb: 81559,
        temperatureC: 30 + Math.floor(Math.random() * 60),
        powerDrawW: Math.round(1000 + Math.random() * 6000) / 10,
      };
      return device.latestMetric;
    });
  }
}
