/** The same object with some of its methods replaced. What is not replaced is looked up there, so that nothing is copied for each use. */
export const overlay = <T extends object, M extends Partial<T>>(base: T, methods: M): T & M =>
  Object.assign(Object.create(base) as T, methods);
