namespace Consort.Compute.Cpu.Optimizers;

/// <summary>Numbers of an optimizer's that a checkpoint holds.</summary>
/// <typeparam name="T">The element.</typeparam>
/// <param name="Name">Their name.</param>
/// <param name="Buffer">Where they lie.</param>
/// <param name="IsSpare">Whether they say nothing at present: they need not be written, and where a checkpoint lacks them they stay as they
/// are.</param>
public readonly record struct KeptState<T>(string Name, NativeBuffer<T> Buffer, bool IsSpare)
    where T : unmanaged;
