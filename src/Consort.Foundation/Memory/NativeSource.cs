namespace Consort.Foundation.Memory;

/// <summary>Gives numbers where they lie, whenever they are asked for.</summary>
/// <typeparam name="T">The element.</typeparam>
public delegate NativeSpan<T> NativeSource<T>()
    where T : unmanaged;
