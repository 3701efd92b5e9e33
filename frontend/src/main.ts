import './app/gpu-app';
