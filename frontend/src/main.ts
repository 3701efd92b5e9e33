import './view/gpu-app';
