namespace System.Runtime.CompilerServices;

/// <summary>What init properties are compiled with, which netstandard2.0 does not have.</summary>
internal static class IsExternalInit;
