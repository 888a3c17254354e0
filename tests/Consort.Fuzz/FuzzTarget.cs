namespace Consort.Fuzz;

/// <summary>A surface that takes input from outside. Adding one is a file here and a line in <see cref="TargetCatalogue"/>.</summary>
internal abstract class FuzzTarget : IDisposable
{
    /// <summary>What it is called by, and the folder of its corpus.</summary>
    public abstract string Name { get; }

    /// <summary>What it tries, in a sentence.</summary>
    public abstract string What { get; }

    /// <summary>Words of its language, which mutations put in.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>Makes what inputs are tried on.</summary>
    /// <param name="folder">A folder of its own, in memory where the system has one there.</param>
    public abstract void Prepare(string folder);

    /// <summary>Inputs to begin with that are made rather than kept as files.</summary>
    public virtual IEnumerable<byte[]> Seeds() => [];

    /// <summary>Tries an input.</summary>
    /// <returns>Whether it was accepted.</returns>
    /// <exception cref="ConsortException">It was refused as it should be. Whatever else is thrown is a finding.</exception>
    /// <exception cref="FindingException">It was accepted, and what came of it is wrong.</exception>
    public abstract bool Try(byte[] input);

    public virtual void Dispose() { }
}

/// <summary>An answer that is wrong though nothing foreign was thrown.</summary>
internal sealed class FindingException(string message) : Exception(message);
