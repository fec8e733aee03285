export * from 'akio';
